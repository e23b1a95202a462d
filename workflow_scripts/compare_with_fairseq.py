"""Run fairseq itself on the waveforms of compute_layers.py and compare every layer's output.

This script runs in the environment of envs/fairseq.txt (Python 3.8), without the workflow's
library. fairseq opens a checkpoint by unpickling it, which may run code: the rest of the workflow
never does so; give this script only files whose origin you trust.
"""

import argparse
import dataclasses
import json
import os
import sys


def build_network(state):
    """Build fairseq's model from a checkpoint's content.

    fairseq 0.12.2 refuses settings that it does not know, so only known ones are passed on.
    Returns: the network, and whether waveforms are to be normalised.
    """
    from fairseq.models.wav2vec.wav2vec2 import Wav2Vec2Config, Wav2Vec2Model

    settings, task = read_settings(state)
    known = {field.name for field in dataclasses.fields(Wav2Vec2Config)}
    config = Wav2Vec2Config(**{key: settings[key] for key in settings if key in known})
    network = Wav2Vec2Model.build_model(config, task=None)
    weights = {
        name.replace("w2v_encoder.", "").replace("w2v_model.", ""): weight
        for name, weight in state["model"].items()
    }
    missing, unexpected = network.load_state_dict(weights, strict=False)
    encoder = ("encoder.", "feature_extractor.", "layer_norm.", "post_extract_proj.")
    wrong = [name for name in missing + unexpected if name.startswith(encoder)]
    if wrong:
        sys.exit("Error: fairseq's model and the checkpoint differ in " + ", ".join(wrong[:5]))
    return network.eval(), bool(task.get("normalize", False))


def read_settings(state):
    """Give the settings of the pre-trained model and of its task, as dicts."""
    if state.get("cfg") is not None:
        settings = plain(state["cfg"])
        model, task = plain(settings["model"]), plain(settings["task"])
    else:
        model = task = plain(state["args"])
    if model.get("w2v_args") is not None:  # fine-tuned
        nested = plain(model["w2v_args"])
        model = plain(nested.get("model", nested))
    return model, task


def plain(settings):
    """Turn a namespace or an omegaconf container into a dict."""
    from omegaconf import DictConfig, OmegaConf

    if isinstance(settings, argparse.Namespace):
        return vars(settings)
    if isinstance(settings, DictConfig):
        return OmegaConf.to_container(settings)
    return settings


def layers_of(network, waveform, normalize):
    """Run fairseq on one waveform [samples]: outputs [frames, features] by name."""
    import torch

    source = torch.from_numpy(waveform)[None]
    with torch.no_grad():
        if normalize:
            source = torch.nn.functional.layer_norm(source, source.shape)
        outputs = {"conv": network.feature_extractor(source)[0].T}
        results = network.extract_features(source, padding_mask=None)["layer_results"]
    for number, (output, *_) in enumerate(results, start=1):
        outputs[f"layer{number}"] = output[:, 0]  # [frames, batch, features]
    return {name: output.numpy() for name, output in outputs.items()}


def compare(network, normalize, ours):
    """Give, for each layer, the largest difference over all chunks, and the largest value."""
    import numpy as np

    differences, values = {}, {}
    for number in range(len(ours["chunks"])):
        theirs = layers_of(network, ours[f"{number}/waveform"], normalize)
        for name, output in theirs.items():
            found = ours[f"{number}/{name}"]
            if found.shape != output.shape:
                sys.exit(f"Error: {name} has shape {found.shape}, fairseq's {output.shape}")
            difference = float(np.abs(found - output).max())
            differences[name] = max(differences.get(name, 0.0), difference)
            values[name] = max(values.get(name, 0.0), float(np.abs(output).max()))
    return differences, values


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--layers", required=True, help="of compute_layers.py, .npz")
    parser.add_argument("--checkpoint", required=True, help="fairseq's file")
    parser.add_argument("--output", required=True, help="differences, .json")
    arguments = parser.parse_args()
    try:
        import fairseq
        import numpy as np
        import torch
    except ImportError as error:
        sys.exit(
            f"Error: {sys.executable}: expected an environment with fairseq, found {error}; "
            "nothing was compared; run make setup-fairseq, or give snakemake --sdm conda."
        )
    with np.load(arguments.layers) as stored:
        ours = dict(stored)
    network, normalize = build_network(torch.load(arguments.checkpoint, map_location="cpu"))
    differences, values = compare(network, normalize, ours)
    result = {
        "fairseq": fairseq.__version__,
        "torch": torch.__version__,
        "chunks": ours["chunks"].tolist(),
        "largest_difference": max(differences.values()),
        "largest_relative_difference": max(differences[name] / values[name] for name in values),
        "differences": differences,
        "largest_values": values,
    }
    temporary = arguments.output + ".partial"
    with open(temporary, "w") as stream:
        json.dump(result, stream, indent=2, sort_keys=True)
        stream.write("\n")
    os.replace(temporary, arguments.output)
    print(
        f"largest difference from fairseq {fairseq.__version__}: "
        f"{result['largest_difference']:.2g}, "
        f"{result['largest_relative_difference']:.2g} of the layer's largest value"
    )


if __name__ == "__main__":
    main()
