"""Makes the SavedModel of the tests, once: `python make.py`, with tensorflow-cpu 2.21.0 in a venv outside of the checkout.

A model of one weight, as a trainer exports it: tag `serve`, signature `serving_default` and a file of variables.
"""

import pathlib

import tensorflow as tf


class Model(tf.Module):
    def __init__(self):
        super().__init__()
        self.weight = tf.Variable(2.0, name="weight")

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="features")])
    def __call__(self, features):
        return {"score": self.weight * features}


target = pathlib.Path(__file__).parent / "trews" / "1"
model = Model()
tf.saved_model.save(model, str(target), signatures=model.__call__)
