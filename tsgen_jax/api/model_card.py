"""The model card of an exported model, in Markdown."""

import textwrap

from tsgen_jax import generators
from tsgen_jax.api.model import Model
from tsgen_jax.constraints import terms

_QUICK_START = """\
```python
import tsgen_jax

model = tsgen_jax.load("model.tsgen")
x = model.sample(100, seed=0)  # float32 [100, L, C], original units
```

Without tsgen_jax, with jax and flatbuffers alone, where `sampler.jaxexport` is in
this zip:

```python
import zipfile
import jax.export, numpy

program = zipfile.ZipFile("model.tsgen").read("sampler.jaxexport")
sampler = jax.export.deserialize(bytearray(program))
x = sampler.call(numpy.uint32(0), numpy.zeros(16, numpy.int32))  # seed, class numbers
```
"""


def _constraints(model: Model) -> str:
    asked = terms.asked(model.config.constraints)
    if not asked:
        return ""
    return (
        f"\nEvery generated value satisfies, in original units: {asked}. Where "
        "`sampler.jaxexport` is in this zip, it projects and draws nothing again."
    )


def write_card(model: Model) -> str:
    """What the model is, what it was trained on, how good it is, how to use it."""
    facts, config = model.facts, model.config
    about = generators.make_recipe(config, facts).about
    about = textwrap.fill(f"{about} {model.generator.remarks}".strip(), 80)
    counts = zip(facts.classes, facts.class_counts, strict=True)
    classes = "\n".join(
        f"| {i} | {name} | {count} |" for i, (name, count) in enumerate(counts)
    )
    scores = "\n".join(f"| {k} | {v:.6g} |" for k, v in model.metrics.items())
    scores = f"| score | value |\n|---|---|\n{scores}" if scores else "Not evaluated."
    return f"""\
# {config.name} on {facts.name}

A generator of time series, made with tsgen_jax. {about}
{_constraints(model)}

## Training data

{facts.name}: {sum(facts.class_counts)} series of {facts.length} time points and
{facts.num_channels} channel(s). The series themselves are not in this file.

| number | class | training series |
|---|---|---|
{classes}

## Use

{_QUICK_START}
Class {facts.num_classes} of the sampler means no class.

## Scores

On the TEST part of the data, by the judges of tsgen_jax; lower or higher is better as
its report says.

{scores}

## Limits

Generated series are like the training data and their mistakes, and may be close to
single training series: see `distance_to_closest_record` and `share_closer_to_train`
above, where measured, before sharing them as anonymous.
"""
