"""What readers type when a network doesn't learn: search leads each phrase to its section first.

Sphinx's search puts index entries before all other hits, if what was typed is at least half of an
entry and stands in it. These phrases are entries for search only, and don't show on the page.
"""

PAGE = "chapters/diagnosis"
ASKED = {  # the section's address (none: the page's top): phrases in small letters
    "": """
        not learning; network not learning; my network is not learning; network doesn't learn;
        model not learning; my model is not learning; training does not work; not training;
        debugging a network; debug neural network
    """,
    "look-at-one-batch": """
        check the data; data leak; leakage; labels shuffled; wrong labels;
        test worse than validation; good validation bad test; perfect validation bad test;
        augment before split
    """,
    "the-first-loss": """
        initial loss; loss at the start; loss too high at the start; loss negative; negative loss;
        loss below 0
    """,
    "twenty-samples-first": "overfit a small batch; overfit one batch; overfit a few samples",
    "the-loss-stays-at-log-k": """
        loss not decreasing; loss doesn't decrease; loss does not decrease; loss not changing;
        loss constant; loss stuck; loss stuck at 2.303; loss 2.303; loss 2.302; loss 0.693;
        loss at ln k; weights not updating; gradient is zero; gradients are zero
    """,
    "the-loss-is-nan-or-inf": """
        loss nan; nan loss; loss is nan; loss becomes nan; loss inf; loss is inf; loss infinite;
        loss explodes; loss diverges; training diverges; nan in gradient; nan weights
    """,
    "the-loss-goes-up-and-down-like-a-sawtooth": """
        loss oscillates; loss oscillating; loss fluctuates; loss jumps; noisy loss; zero_grad;
        loss goes up; loss increases; loss increasing; loss zigzag
    """,
    "it-always-predicts-the-same-class": """
        accuracy stuck; accuracy is stuck; accuracy not improving; accuracy not increasing;
        accuracy constant; accuracy stays at 10 %; accuracy 0.1; accuracy 50 %;
        always predicts the same class; my network always predicts the same class;
        network predicts one class; same output for all inputs; same prediction for every input;
        constant output
    """,
    "the-loss-jumps-at-every-epoch": """
        loss jumps every epoch; loss jumps at every epoch; loss spikes; jump at epoch; not shuffled;
        forgot to shuffle
    """,
    "it-gets-slower-and-slower": """
        slower every epoch; training gets slower; training slows down; slow training; memory grows;
        memory leak
    """,
    "it-learns-and-stays-worse-than-it-should": """
        low accuracy; accuracy low; accuracy too low; underfitting; learns slowly; plateau;
        different output for the same input; loss plateau; loss stuck at 1.46; loss 1.46;
        loss stuck but accuracy good; more units make no difference; all units are the same
    """,
    "good-on-training-data-bad-on-validation-data": """
        validation loss increases; validation loss increasing; validation accuracy low;
        validation accuracy not improving; good training bad validation; train good test bad;
        validation at chance; validation accuracy at chance; validation accuracy 10 %
    """,
    "validation-is-better-than-training": """
        validation better than training; validation accuracy higher than training;
        validation loss lower than training; test accuracy higher than training
    """,
    "two-losses-that-cannot-be-compared": "compare losses; loss scale; loss in bits",
    "good-in-large-batches-bad-one-by-one": """
        batch size 1; wrong on a single image; wrong on a single sample;
        prediction depends on batch; prediction depends on the batch;
        accuracy depends on batch size; bad accuracy per class
    """,
    "good-until-it-is-reloaded": """
        after loading; load model; loaded model; save and load; reloaded model;
        different results after loading
    """,
    "good-in-the-notebook-bad-on-your-own-pictures": """
        own images; my own images; own pictures; wrong on new data; fails on real data
    """,
}


def setup(app):
    app.connect("html-collect-pages", put_into_search)


def phrases():
    """All phrases as search keeps them: (phrase, the section's address, "main")."""
    return sorted(
        (" ".join(phrase.split()), address, "main")
        for address, text in ASKED.items()
        for phrase in text.split(";")
    )


def put_into_search(app):
    """Add the phrases to the index of the pages, also in a build that leaves this page as it is."""
    if app.builder.indexer is not None:
        app.builder.indexer._index_entries[PAGE] = phrases()
    return ()
