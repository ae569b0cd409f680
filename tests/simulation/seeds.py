"""Seeds that once found something, each with a word of what it was. They are played for ever: by the suite,
or where they take seconds by ``python -m tests.simulation kept``.

What a seed plays follows from the scenes and the troubles as well: who changes those looks for new
ones, on the code before the mending.
"""

KEPT = {
    52: "a creation that ran was told as refused, after an odd fault or HTTP status",
    58: "a name was stored in small letters: its operation was not seen, and the call sent again",
    75: "a reply to operation_list that is no list was taken for an empty one",
    78: "nobody was told of what a caller had begun that went",
    98: "after the machine's sleep another client's old reboot was taken for ours",
    104: "the hours in which a machine slept counted as one trouble that lasts",
    131: "an interrupted close waited on: it was interrupted before it had begun to wait",
    191: "a creation whose caller had gone, and whose reply was lost, stood nowhere",
    209: "where a list hung for good, fifty creations were noticed one after the other",
    398: "one of three equal creations was given an older one's operation, which was sent again",
    592: "a cancelled operation could not be read, and its cancellation was told as refused",
    615: "garbage now and then, at whichever find, was taken for one trouble that lasts",
    626: "what no list reached down to, while details hung, was never noticed",
    687: "who was cancelled in the very moment of a turn broke the line for everybody else",
    863: "a surplus was told nobody, since a call for a disk without a name had stayed unknown",
    1201: "a list ended in the middle of a second, and the rest of that second was passed over",
    1260: "a call was sent again since a call for less, a disk without a name, seemed to own its operation",
    2343: "the same as 398, among twenty",
    2860: "a further creation that began between two lists passed for a filter that works",
}

LONG = {104, 191, 398, 592, 1201, 2343, 2860}
"""Those of them that the suite does not play."""

CRASHES_KEPT = {
    13: "a concluded key bought again what had failed in its block, which had lived with that",
    77: "a key was concluded although the claim of its call was not written: it could not be entered again",
    142: "a client that took over an old call asked for its own claim, which it had forgotten, without end",
    164: "equal calls, one of them read from the journal, were not interchangeable, and stayed unknown",
    331: "an operation that was found while its claim could not be written had an owner, and was bought again",
    386: "what an equal call of another process seemed to own, which did not see it, was nobody's",
    571: "a process that looked for a call overwrote what a person had said of it in another one",
    676: "an operation was left to an older equal call of another process, which had begun another one",
    1354: "a call that a service which folds names had run seemed to be another's, with another password",
}


def seeds_of(words):
    """The seeds that are named, one by one, as ranges or as ``kept``."""
    for word in words:
        if word == "kept":
            yield from KEPT
            continue
        first, _, last = word.partition("-")
        yield from range(int(first), int(last or first) + 1)
