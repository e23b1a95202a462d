import torch
from torch.nn import functional

from speech_decoding.decoder.subject_layer import SubjectEmbedding, SubjectLayer


def test_equals_the_published_subject_layers(golden):
    published = golden("channel_merger")
    weights = published["subject_layers.weights"]  # [subjects, 30 inputs, 8 outputs]
    layer = SubjectLayer(3, 30)
    layer.load_state_dict({"weights": functional.pad(weights, (0, 22))})
    out = layer(published["meg"], published["subject_index"])
    torch.testing.assert_close(out[:, :8], published["subject_layers.out"], rtol=0, atol=1e-5)


def test_only_subjects_of_the_batch_receive_a_gradient():
    layer = SubjectLayer(5, 6)
    layer(torch.randn(4, 6, 9), torch.tensor([3, 1, 3, 1])).square().sum().backward()
    touched = layer.weights.grad.flatten(1).norm(dim=1) > 0
    assert touched.tolist() == [False, True, False, True, False]


def test_initial_weights_keep_the_scale_of_the_signals():
    torch.manual_seed(0)
    out = SubjectLayer(4, 270)(torch.randn(4, 270, 50), torch.arange(4))
    assert abs(out.std().item() - 1) < 0.02


def test_embedding_adds_channels_constant_in_time():
    embedding = SubjectEmbedding(3, dimension=5)
    signals, subject_index = torch.randn(2, 4, 7), torch.tensor([2, 0])
    out = embedding(signals, subject_index)
    assert torch.equal(out[:, :4], signals)
    for sample in range(7):
        assert torch.equal(out[:, 4:, sample], embedding.embedding.weight[subject_index])
