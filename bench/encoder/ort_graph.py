"""An encoder as an ONNX graph in the form that ONNX Runtime runs fastest on a CPU.

An exported graph reaches the fused operators (EmbedLayerNormalization, Attention, BiasGelu) only where
onnxruntime.transformers.optimizer knows the exporter's patterns, which change from release to release; building the
graph here gives ONNX Runtime its best form whatever the exporter. Of the optimiser's fusions SkipLayerNormalization is
left out: Add and LayerNormalization took 5 to 10 % less time in a whole model.
"""
import numpy
from onnx import TensorProto, helper, numpy_helper


class GraphBuilder:
    def __init__(self):
        self.nodes, self.initializers = [], []

    def constant(self, name, values):
        self.initializers.append(numpy_helper.from_array(numpy.ascontiguousarray(values, numpy.float32), name))
        return name

    def add(self, operator, inputs, output, domain="", **attributes):
        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def fused(self, operator, inputs, output, **attributes):
        return self.add(operator, inputs, output, "com.microsoft", **attributes)

    def matmul(self, x, name, weight):
        """x times weight [out, in]; the bias goes into the operator that follows."""
        return self.add("MatMul", [x, self.constant(f"{name}.weight", weight.T)], name)

    def norm(self, x, residual, bias, name, gamma, beta, epsilon):
        biased = self.add("Add", [x, self.constant(f"{name}.bias", bias)], f"{name}.biased")
        total = self.add("Add", [biased, residual], f"{name}.total")
        constants = [self.constant(f"{name}.gamma", gamma), self.constant(f"{name}.beta", beta)]
        return self.add("LayerNormalization", [total, *constants], name, epsilon=epsilon)


def block(graph, checkpoint, i, hidden, output):
    c = checkpoint
    weight, bias = c.qkv(i)
    qkv = [graph.constant(f"{i}.qkv.weight", weight.T), graph.constant(f"{i}.qkv.bias", bias)]
    context = graph.fused("Attention", [hidden, *qkv, "mask"], f"{i}.attention", num_heads=c.heads)
    weight, bias = c.part(i, "project")
    projected = graph.matmul(context, f"{i}.project", weight)
    attended = graph.norm(projected, hidden, bias, f"{i}.norm_attention", *c.part(i, "norm_attention"), c.epsilon)
    weight, bias = c.part(i, "up")
    up = graph.matmul(attended, f"{i}.up", weight)
    up = graph.fused("BiasGelu", [up, graph.constant(f"{i}.up.bias", bias)], f"{i}.gelu")
    weight, bias = c.part(i, "down")
    down = graph.matmul(up, f"{i}.down", weight)
    return graph.norm(down, attended, bias, output, *c.part(i, "norm_ffn"), c.epsilon)


def encoder(checkpoint):
    graph = GraphBuilder()
    graph.add("Cast", ["input_ids"], "ids", to=TensorProto.INT32)
    graph.add("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
    words, positions, gamma, beta = checkpoint.embeddings()
    tables = [graph.constant("words", words), graph.constant("positions", positions)]
    norm = [graph.constant("embedding.gamma", gamma), graph.constant("embedding.beta", beta)]
    graph.nodes.append(helper.make_node(
        "EmbedLayerNormalization", ["ids", "", *tables, "", *norm], ["embedded", "mask_index"], name="embedded",
        domain="com.microsoft", epsilon=checkpoint.epsilon))
    hidden = "embedded"
    for i in range(checkpoint.layers):
        last = i + 1 == checkpoint.layers
        hidden = block(graph, checkpoint, i, hidden, "last_hidden_state" if last else f"{i}.norm_ffn")
    inputs = [helper.make_tensor_value_info(n, TensorProto.INT64, ["B", "S"]) for n in ("input_ids", "attention_mask")]
    outputs = [helper.make_tensor_value_info(hidden, TensorProto.FLOAT, ["B", "S", checkpoint.hidden])]
    return helper.make_model(
        helper.make_graph(graph.nodes, "encoder", inputs, outputs, graph.initializers), ir_version=9,
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)])
