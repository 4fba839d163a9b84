"""What jax traces and compiles, seen from outside."""

import contextlib

import jax

_SLOW = ("jaxpr_trace_duration", "backend_compile_duration")


@contextlib.contextmanager
def watch():
    """Yields the list of (what, which program) that is traced or compiled meanwhile."""
    seen = []

    def listen(event, duration, **about):
        if event.endswith(_SLOW):
            seen.append((event.rpartition("/")[2], about.get("fun_name")))

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield seen
    finally:
        jax.monitoring.unregister_event_duration_listener(listen)


@contextlib.contextmanager
def watch_late(patch, members):
    """Yields stage -> what `train.fit` traces and compiles once all events have come.

    That is from the second round of evaluations on, at the end of which a stage must
    have logged and saved, to the stage's end.

    Args:
        patch: a pytest.MonkeyPatch.
        members: the module `tsgen_jax.training.progress`.
    """
    late, rounds = {}, {}
    evaluate, result = members.Member.evaluate, members.Member.result
    with watch() as seen:

        def watched_evaluate(self, weights):
            loss = evaluate(self, weights)
            rounds.setdefault(self.run, []).append(self.step)
            if len(rounds[self.run]) == 2:
                seen.clear()
            return loss

        def watched_result(self):
            late.setdefault(self.run.stage.name, []).extend(seen)
            assert len(rounds[self.run]) > 2
            return result(self)

        patch.setattr(members.Member, "evaluate", watched_evaluate)
        patch.setattr(members.Member, "result", watched_result)
        yield late
