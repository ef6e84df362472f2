"""The paper's equations once more in float64 and nothing but NumPy: the network, its losses, and all their gradients.

Written from the equations, a picture at a time, (channels, rows, columns); `weights` maps the names of the network's
state to arrays.
"""

import numpy as np

SOBEL = np.array([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]])


def widths(first, blocks, growth):
    """A_0 … A_K."""
    out = [first]
    for k in range(1, blocks + 1):
        out.append(out[-1] + int(np.floor(growth * k / blocks + 0.5)))
    return out


def forward(x, weights, *, ratio, bicubic=False):
    """Picture (3, P, Q) to picture (3, ⌈pP/q⌉, ⌈pQ/q⌉)."""
    return forward_kept(x, weights, ratio=ratio, bicubic=bicubic)[0]


def forward_kept(x, weights, *, ratio, bicubic=False):
    """The same, and what each convolution was given, for the way back."""
    p, q = ratio
    kept = {"enter": x}
    features = convolve(x, weights, "enter")
    for k in range(count_blocks(weights)):
        kept[f"blocks.{k}.first"] = features
        inner = np.maximum(convolve(features, weights, f"blocks.{k}.first"), 0)
        kept[f"blocks.{k}.second"] = inner
        residual = np.maximum(convolve(inner, weights, f"blocks.{k}.second"), 0)
        widened = np.zeros_like(residual)
        widened[: len(features)] = features
        features = widened + residual
    kept["spread"] = features
    fine = shuffled(convolve(features, weights, "spread"), p)
    kept["reduce"] = fine
    y = convolve(fine, weights, "reduce")[:, ::q, ::q]
    return (y + keys_bicubic(x, y.shape[1:], q / p) if bicubic else y), kept


def gradients(x, weights, slope, *, ratio):
    """Derivative of a loss by every weight, when `slope` is its derivative by the output for the picture x."""
    p, q = ratio
    _, kept = forward_kept(x, weights, ratio=ratio)
    found = {}
    back = np.zeros_like(kept["reduce"])
    back[:, ::q, ::q] = slope
    back = unshuffled(back_through(back, kept, weights, "reduce", found), p)
    back = back_through(back, kept, weights, "spread", found)
    for k in reversed(range(count_blocks(weights))):
        first, second = f"blocks.{k}.first", f"blocks.{k}.second"
        through = back * (convolve(kept[second], weights, second) > 0)
        through = back_through(through, kept, weights, second, found) * (kept[second] > 0)
        through = back_through(through, kept, weights, first, found)
        back = back[: len(through)] + through
    back_through(back, kept, weights, "enter", found)
    return found


def paper_loss(y, label, gradient_weight=0.001):
    """Mean over all pictures (N, 3, rows, columns), colours and pixels; and its derivative by y."""
    value, slope = np.mean((y - label) ** 2), 2 * (y - label) / y.size
    for kernel in (SOBEL, SOBEL.T):
        rows, columns = (edge_matrices(side) for side in y.shape[2:])
        edges = sum(kernel[i, j] * (rows[i] @ y @ columns[j].T) for i, j in np.ndindex(3, 3))
        value += gradient_weight * np.mean(edges**2)
        slope = slope + 2 * gradient_weight / y.size * sum(
            kernel[i, j] * (rows[i].T @ edges @ columns[j]) for i, j in np.ndindex(3, 3)
        )
    return value, slope


def area_reduced(picture, ratio):
    """Mean over p/q fine pixels along each axis, by the overlaps of coarse with fine pixels."""
    return np.einsum("yr,crs,xs->cyx", overlap(picture.shape[1], ratio), picture, overlap(picture.shape[2], ratio))


def overlap(length, ratio):
    scale = ratio[0] / ratio[1]
    coarse, fine = np.arange(int(length / scale + 1e-9))[:, None], np.arange(length)[None]
    return np.clip(np.minimum(fine + 1, (coarse + 1) * scale) - np.maximum(fine, coarse * scale), 0, None) / scale


def count_blocks(weights):
    return sum(name.endswith("first.bias") for name in weights)


def convolve(x, weights, name):
    """3×3, zeros beyond the edge: a sum over nine shifted windows."""
    weight, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    padded = np.pad(x, ((0, 0), (1, 1), (1, 1)))
    out = np.broadcast_to(bias[:, None, None], (len(weight), *x.shape[1:])).copy()
    for i, j in np.ndindex(3, 3):
        out += np.einsum("oc,cyx->oyx", weight[:, :, i, j], padded[:, i : i + x.shape[1], j : j + x.shape[2]])
    return out


def back_through(slope, kept, weights, name, found):
    """Note the derivative by the weights of one convolution; return that by its input."""
    x, weight = kept[name], weights[f"{name}.weight"]
    rows, columns = x.shape[1:]
    padded, by_input = np.pad(x, ((0, 0), (1, 1), (1, 1))), np.zeros((len(x), rows + 2, columns + 2))
    by_weight = np.empty_like(weight)
    for i, j in np.ndindex(3, 3):
        window = np.s_[:, i : i + rows, j : j + columns]
        by_weight[:, :, i, j] = np.einsum("oyx,cyx->oc", slope, padded[window])
        by_input[window] += np.einsum("oc,oyx->cyx", weight[:, :, i, j], slope)
    found[f"{name}.weight"], found[f"{name}.bias"] = by_weight, slope.sum(axis=(1, 2))
    return by_input[:, 1:-1, 1:-1]


def shuffled(deep, p):
    """(3 p², P, Q) to (3, pP, pQ)."""
    fine = np.empty((3, p * deep.shape[1], p * deep.shape[2]))
    for colour, i, j in np.ndindex(3, p, p):
        fine[colour, i::p, j::p] = deep[colour * p * p + i * p + j]
    return fine


def unshuffled(fine, p):
    """The other way."""
    deep = np.empty((3 * p * p, fine.shape[1] // p, fine.shape[2] // p))
    for colour, i, j in np.ndindex(3, p, p):
        deep[colour * p * p + i * p + j] = fine[colour, i::p, j::p]
    return deep


def edge_matrices(length):
    """Three matrices that shift a line by −1, 0 and 1 and let it go on beyond its ends with its last value."""
    places = [np.clip(np.arange(length) + shift, 0, length - 1) for shift in (-1, 0, 1)]
    return [np.eye(length)[place] for place in places]


def keys_bicubic(x, size, step):
    down, across = keys_matrix(x.shape[1], size[0], step), keys_matrix(x.shape[2], size[1], step)
    return np.einsum("yr,crs,xs->cyx", down, x, across)


def keys_matrix(length, outputs, step, a=-0.75):
    """Row j holds what each input pixel gives to output pixel j."""
    matrix = np.zeros((outputs, length))
    for j in range(outputs):
        position = (j + 0.5) * step - 0.5
        for tap in range(int(np.floor(position)) - 1, int(np.floor(position)) + 3):
            d = abs(position - tap)
            near = (a + 2) * d**3 - (a + 3) * d**2 + 1
            far = a * d**3 - 5 * a * d**2 + 8 * a * d - 4 * a
            matrix[j, min(max(tap, 0), length - 1)] += near if d <= 1 else far if d < 2 else 0.0
    return matrix
