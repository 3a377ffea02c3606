"""Which remedies still help after 1,000 steps, and which only delay that wrong labels are learned?

The ten networks of the chapter on regularization, on 100 digits with careless labels and with right
ones. Every method is tried in several strengths, and noted after 150 steps of one training and
after 1,000. The strength with the highest mean validation accuracy at that time is recorded, with
the test digits that its ten networks read right.
"""

from itertools import count

from nnbook.regularization.remedies import REMEDIES, deal_all
from nnbook.regularization.remedies import SEEDS as N
from nnbook.regularization.remedies import experiment as train
from nnbook.runs import evaluate_stack, packed, reads_right

COST = "3 minutes"
SEEDS = list(range(N))
STEPS = [150, 1000]
WRONG = [0.2, 0.0]  # share of the labels that are drawn blindly


def experiment(run, steps=STEPS, methods=tuple(REMEDIES)):
    settings = [{"wrong": w, "method": m, "steps": steps} for w in WRONG for m in methods]
    return {"steps": steps, "found": sum(run(remedy, settings), [])}


def remedy(wrong, method, steps):
    """What is recorded of a method: an entry for each number of steps."""
    data, strengths = deal_all(wrong), REMEDIES[method]
    noted = [at_steps(data, steps, **options) for options in strengths.values()]
    return [
        {"wrong": wrong, "method": method, "steps": t}
        | chosen(list(strengths), [scores[t] for scores in noted])
        for t in steps
    ]


def at_steps(data, steps, after_step=lambda net: None, change=None, **options):
    """{t: how the ten networks do after t steps}."""
    if "patience" in options:  # they end by themselves, and go back to their best step
        return {t: scores(train(data, steps=t, **options)[0], data) for t in steps}
    noted, step = {}, count(1)

    def note(net):
        after_step(net)
        if (t := next(step)) in steps:
            noted[t] = scores(net, data)

    if change:
        options["change"] = change()
    train(data, steps=max(steps), every=max(steps), after_step=note, **options)
    return noted


def scores(net, data):
    training, validation, test = data
    loss, accuracy = evaluate_stack(net, *validation)
    return {
        "training": float(evaluate_stack(net, *training)[1].mean()),
        "validation": float(accuracy.mean()),
        "loss": float(loss.mean()),
        "right": [packed(row) for row in reads_right(net, *test)],
    }


def chosen(strengths, scores):
    """The strength with the highest validation accuracy, and among equals with the lower loss."""
    best = max(scores, key=lambda s: (round(s["validation"], 9), -s["loss"]))
    return {
        "strengths": strengths,
        "validation": [s["validation"] for s in scores],
        "strength": strengths[scores.index(best)],
        "training": best["training"],
        "right": best["right"],
    }
