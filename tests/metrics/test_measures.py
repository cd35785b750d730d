# SPDX-License-Identifier: MIT
"""Measures: each is the network's own figure, absent ones say why, equals are perfect."""

import math
import shutil

import numpy as np
import pytest
import torch

from gsc_sdr.errors import ConfigError, MissingError, ModelError, ShapeError
from gsc_sdr.metrics.lpips import LPIPS_FILE, Lpips
from gsc_sdr.metrics.measures import MEASURES, Measures
from gsc_sdr.metrics.mobilenet import MobileNet, deep_distance

pytestmark = pytest.mark.learn
FREE = ("psnr_db", "ssim", "ms_ssim")
PERFECT = dict.fromkeys(MEASURES, 1.0) | {"psnr_db": math.inf}
PERFECT |= dict.fromkeys(("lpips", "dists", "mobilenet_distance"), 0.0)
BY_NOISE = ("psnr_db", "ssim", "mobilenet")  # fall with noise whatever the weights


@pytest.fixture(scope="module")
def everything(weights, clip, dino, tmp_path_factory):
    """Return a folder with all weights but those of DISTS, which are large."""
    folder = tmp_path_factory.mktemp("all")
    for path in weights.iterdir():
        shutil.copy(path, folder)
    shutil.copytree(clip, folder / "clip")
    shutil.copytree(dino, folder / "dino")
    return folder


def signed(image):
    return torch.from_numpy(image).movedim(-1, 0)[None].float() / 127.5 - 1


def test_without_weights_only_the_free_ones_are_there(image):
    measures = Measures()
    assert set(measures.absent) == set(MEASURES) - set(FREE)
    assert all("give --" in why for why in measures.absent.values())
    found = measures.of(image, image)
    assert tuple(found) == tuple(MEASURES)
    assert [name for name, value in found.items() if value is not None] == ["psnr_db", "ssim"]


def test_with_weights_all_are_there_and_equals_are_perfect(everything, image):
    measures = Measures(everything)
    assert set(measures.absent) == {"dists"}
    found = measures.of(image, image.copy())
    for name in set(MEASURES) - {"dists", "ms_ssim"}:
        assert found[name] == pytest.approx(PERFECT[name], abs=1e-6), name
    assert found["ms_ssim"] is None  # the picture is too small for five scales


def test_figures_are_the_networks_own(everything, image, noisy):
    shown = noisy(image, 20)
    found = Measures(everything).of(shown, image)
    lpips = Lpips.load(everything)(signed(shown), signed(image)).item()
    network = MobileNet.load(everything)
    a, b = network.maps(signed(shown)), network.maps(signed(image))
    likeness = torch.cosine_similarity(network(signed(shown)), network(signed(image))).item()
    assert found["lpips"] == pytest.approx(lpips, rel=1e-4)
    assert found["mobilenet_distance"] == pytest.approx(deep_distance(a, b).item(), rel=1e-4)
    assert found["mobilenet"] == pytest.approx(likeness, abs=1e-6)


def test_more_noise_is_worse_by_every_measure(everything, image, noisy):
    measures = Measures(everything)
    near, far = (measures.of(noisy(image, deviation), image) for deviation in (4, 60))
    for name in set(MEASURES) - {"dists", "ms_ssim"}:
        assert (near[name] < far[name]) is (PERFECT[name] == 0), name


def test_figures_repeat_bit_for_bit_and_do_not_depend_on_what_went_before(everything, image, noisy):
    shown, other = noisy(image, 20), noisy(image[::-1], 5)
    fresh, used = Measures(everything), Measures(everything)
    used.of(other, image)
    used.of(shown, other)
    assert used.of(shown, image) == fresh.of(shown, image) == fresh.of(shown, image)


def test_pictures_that_are_nearly_one_are_not_taken_for_each_other(weights, image):
    """What is remembered of a picture is found by all of its bytes, and by its shape."""
    changed, turned = image.copy(), image.reshape(80, 96, 3)
    changed[-16:] = 255 - changed[-16:]
    fresh, used = (Measures(weights, names=("mobilenet", "mobilenet_distance")) for _ in range(2))
    used.of(image, image)
    assert used.of(turned, turned[::-1]) == fresh.of(turned, turned[::-1])
    found = Measures(weights, names=("mobilenet", "mobilenet_distance")).of(changed, image)
    assert found["mobilenet_distance"] > 1e-5


def test_flat_and_black_pictures_have_figures(everything):
    black, white = np.zeros((64, 64, 3), np.uint8), np.full((64, 64, 3), 255, np.uint8)
    for pair in ((black, white), (black, black), (white, black)):
        found = Measures(everything).of(*pair)
        assert None not in {found[name] for name in set(MEASURES) - {"dists", "ms_ssim"}}
        assert not any(math.isnan(value) for value in found.values() if value is not None)


@pytest.mark.parametrize(
    ("side", "names"),
    [(1, {"psnr_db"}), (10, {"psnr_db"}), (11, {"psnr_db", "ssim"})],
)
def test_small_pictures_have_no_figure_where_there_is_none(everything, image, side, names):
    small = image[:side, :side]
    found = Measures(everything).of(small, small)
    assert {name for name, value in found.items() if value is not None} == names


def test_only_the_names_asked_for_come_in_their_order(weights, image):
    measures = Measures(weights, names=("mobilenet", "psnr_db"))
    assert list(measures.of(image, image)) == ["mobilenet", "psnr_db"]
    assert measures.absent == {}


def test_published_files_of_lpips_are_named_with_the_command(tmp_path):
    for name in ("squeezenet1_1_any.safetensors", "lpips_v0.1_squeeze.pth"):
        (tmp_path / name).touch()
    why = Measures(tmp_path, names=("lpips",)).absent["lpips"]
    assert "gsc-sdr weights lpips --trunk" in why
    assert str(tmp_path / "lpips_v0.1_squeeze.pth") in why


def test_damaged_weights_are_not_passed_over(tmp_path):
    (tmp_path / LPIPS_FILE).write_bytes(b"nonsense")
    with pytest.raises(ModelError, match="does not hold LPIPS"):
        Measures(tmp_path)


def test_a_source_that_was_named_and_is_not_there_is_no_absence(tmp_path):
    with pytest.raises(MissingError, match="cannot be loaded"):
        Measures(names=("clip",), sources={"clip": str(tmp_path)})


def test_a_named_source_is_taken_before_the_folder(everything, dino, image, tmp_path):
    sources = {"dino": str(dino), "clip": str(everything / "clip")}
    measures = Measures(None, ("clip", "dino"), sources)
    assert measures.of(image, image) == {"clip": pytest.approx(1), "dino": pytest.approx(1)}


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"names": ("psnr",)}, "psnr_db"),
        ({"sources": {"lpips": "x"}}, "clip and dino"),
        ({"sources": {"vgg": "x"}}, "clip and dino"),
    ],
)
def test_unknown_names_are_refused_with_those_that_are(options, named):
    with pytest.raises(ConfigError, match=named):
        Measures(**options)


def test_a_folder_that_is_none_is_named(tmp_path):
    with pytest.raises(MissingError, match="is no folder"):
        Measures(tmp_path / "nowhere")


def test_unlike_pictures_are_refused(image):
    with pytest.raises(ShapeError, match="crop or convert"):
        Measures(names=("ssim",)).of(image[1:], image)


def test_published_weights_rank_qualities_as_eyes_do(shared_data, tmp_path):
    """A JPEG of less quality is further by every measure, on a real picture."""
    import io

    from PIL import Image

    from gsc_sdr.metrics.lpips import convert_lpips

    published = shared_data / "weights"
    heads = published / "lpips" / "lpips_v0.1_squeeze.pth"
    convert_lpips(published / "squeezenet1_1_imagenet_fp16.safetensors", heads, tmp_path)
    shutil.copy(next(published.glob("mobilenet_v1_100_*.safetensors")), tmp_path)
    measures = Measures(tmp_path, names=("lpips", "mobilenet", "mobilenet_distance"))
    sent = (
        Image.open(shared_data / "kodak" / "kodim23.png").convert("RGB").crop((256, 128, 512, 384))
    )
    rows = []
    for quality in (5, 20, 50, 80, 95):
        file = io.BytesIO()
        sent.save(file, "JPEG", quality=quality)
        rows.append(measures.of(np.array(Image.open(file)), np.array(sent)))
    assert measures.absent == {}
    for name in measures.names:
        values = [row[name] for row in rows]
        assert values == sorted(values, reverse=name != "mobilenet"), name
    assert rows[0]["lpips"] == pytest.approx(0.491, abs=0.01)
