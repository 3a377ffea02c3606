"""nnbook: what the pages of the book need beside `nnlib`. Notebooks import it; nnlib doesn't.

What several chapters share::

    explore  card           pictures with sliders, in a notebook and in a page
    frames  svg  marks      the pictures themselves, their points,
    colours                 and the page's colours
    between  drag           what they show where Python runs: other values, things to drag
    plots                   one style for all figures; points, boundaries, digits
    tables                  rows and headers as a table of the page, or of a terminal
    graphs                  the graph that a computation has left behind
    claims                  a comparison, printed with its error, or an exception
    check                   kinds of exercise checks: a number, a choice, an array, a function
    runs                    many small networks at once, for statements over settings and seeds
    notebook                the library's own code, shown on a page
    machine                 the machine that measures: its processor, its cores

What the page *Draw a digit* computes in the reader's browser::

    drawing                 from a drawing to a picture as MNIST's; moved, turned, thickened
    eight_bits              a network's weights as small whole numbers, and back
    digit                   what the network of ``digit.npz`` reads in a picture

What the page *Playground* computes there is in a room, too, ``nnbook/playground/``::

    setting                 what can be set, and how a link writes it
    program                 a run as lines of a program, to be run and to be copied
    session                 a run, some epochs at a time, and what there is to see of it
    still                   the picture that stands there until a reader starts it

What a page's own Python does with cells and explorers is in ``nnbook/live/``::

    cell  display           run a cell as a notebook does, and tell the page what comes of it
    explorer                frames that a page does not hold, drawn when a reader asks for them
    warm                    what nearly every cell imports

What one chapter needs is in the room of its name, ``nnbook/<chapter>/``::

    figures                 its larger figures
    checks                  the checks of its exercises
    threshold               of the neuron: what each threshold finds, and what it takes for it
    wirings                 of networks: dense and convolutional ones, many side by side
    surface                 of networks: the loss around deep ones, plain and residual
    by_hand                 of networks: weights that are written down, not trained
    race                    of the optimizers: the steps that each rate takes to the goal
    noise                   of the optimizers: mini-batches, noise floors, averages that forget
    explorers               of the optimizers: what its sliders draw
    curvature               of the optimizers: second derivatives of a loss, by differences
    sparse                  of the optimizers: a problem with rare inputs
    tuning                  of the schedules: each at the best rate of a grid
    averaging               of the schedules: means of weights at the end of a run
    microscope              of backpropagation: a graph, one step at a time, in two orders
    scaling                 of normalization: a new zero and a new unit for a column, in three ways
    recipe  folder          of MNIST: a network to train, and where its files lie
    convolved               of MNIST: convolutional networks, and digits that are moved
    readings                of MNIST: which images recorded networks read right
    remedies                of regularization: ten networks, and what is tried against overfitting
    sheets  networks        of convolution: digits that lie anywhere, and networks that read them
    sequences  learners     of attention: digits to sort or turn round, and networks that do it
    through_time            of attention: recurrent layers, the way back cut short or a norm inside
    deep                    of initialization: twenty layers, plain and residual
    patients  log           of diagnosis: runs with one mistake each, and lines of a training log

So a new thing goes here:

===================  ==========================================================================
an optimizer         ``nnlib/optim.py``
a landscape          ``nnlib/landscapes.py``
a layer              ``nnlib/layers.py``, ``nnlib/norms.py`` or ``nnlib/convolution.py``
an explorer          a cell of the chapter; what is long in it ``nnbook/<chapter>/figures.py``
a figure             ``nnbook/<chapter>/figures.py``; of several chapters, ``nnbook/plots.py``
an exercise's check  ``nnbook/<chapter>/checks.py``
a kind of check      ``nnbook/check.py``
a playground choice  ``nnbook/playground/setting.py``; its lines ``nnbook/playground/program.py``
a chapter            ``chapters/<chapter>.ipynb``, a line in ``_toc.yml``, and a room here
===================  ==========================================================================

``CONTRIBUTING.md`` has the steps and the tests.
"""
