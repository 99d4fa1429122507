"""The field's words, as the report uses them."""

from __future__ import annotations

from types import MappingProxyType

GLOSSARY: MappingProxyType[str, str] = MappingProxyType(
    {
        "taps": "the numbers of a kernel; each weighs one pixel of the patch that it is laid on",
        "correlation": "laying the taps on as they are, multiplying and summing; what networks do",
        "convolution": "the same with the taps turned by 180°",
        "stride": "how many pixels the kernel moves between two answers",
        "padding": "what is added around the picture so that the kernel fits at its border",
        "cosine": "how alike two kernels are whatever their strength: 1 the same, 0 unrelated, "
        "-1 opposite; here the mean of the taps is left out",
        "family": "kernels of one kind in all directions and sizes: slopes (gradient), bars, "
        "centre-surrounds, saddles, and stripes in a window (gabor)",
        "chance": "what the same search finds for kernels that nobody trained: 200,000 of them, "
        "40,000 where they are large",
        "p": "the share of untrained kernels that come at least as near to anything",
        "non-random": "unlike untrained kernels, where on average at most 5% of such findings are "
        "false (Benjamini and Hochberg); it does not say that the task taught it",
        "q": "p, corrected for the number of kernels; a kernel is non-random where q is 0.05 or "
        "less",
        "random labels": "the same network trained on labels that mean nothing: what it has in "
        "common with the real one does not take the task to come about",
        "spectrum-matched": "random kernels with the energy that the layer puts into each "
        "principal component of the photo's patches: what these alone would give",
        "steering": "turning a slope to any direction by mixing the one to the right and the one "
        "downwards",
        "scale, sigma": "how wide a Gaussian is, in pixels",
        "Gabor": "a wave in a Gaussian window",
        "frequency": "how many times a pattern repeats in a pixel's length; 0.5 is the finest "
        "along a row or a column",
        "odd, even": "the part of a kernel that changes its sign when it is turned by 180°, and "
        "the part that does not; slopes are odd, bars and centre-surrounds even, noise is half "
        "and half",
        "hysteresis": "two thresholds: an edge begins above the high one and goes on above the low",
        "non-maximum suppression": "keeping the crest of a slope alone, so that edges are thin",
        "ablation": "taking one thing away, here the learning of the first layer, to see what it "
        "was good for",
        "provenance": "where kernels come from: data, seed, versions, command",
    }
)
"""Each word and what it means."""
