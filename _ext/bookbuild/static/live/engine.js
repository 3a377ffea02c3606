/* What a page knows of Python before it loads anything of it. */

/** How many MB there are to fetch, as the build says; undefined in a copy without Python. */
export const megabytes = document.querySelector("meta[name=nn-engine]")?.content;
