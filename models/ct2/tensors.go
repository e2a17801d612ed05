package ct2

import "strconv"

// tensor says where one tensor of the ggml file comes from.
type tensor struct {
	name   string
	source string
	rows   int   // outermost dimension
	rest   []int // the other dimensions, row-major
	parts  int   // source holds that many tensors, one below the other; 0 is one
	part   int   // which of them
	widen  bool  // float16 to float32
	column bool  // written as n × 1
	zero   bool  // must be all zero and is not written
}

// tensors returns the tensors in the order of the published ggml files, which is that of the
// first PyTorch checkpoints.
func (s Shape) tensors() []tensor {
	n := s.State
	list := []tensor{
		{name: "decoder.positional_embedding", source: "decoder/position_encodings/encodings", rows: s.TextCtx, rest: []int{n}, widen: true},
		{name: "encoder.positional_embedding", source: "encoder/position_encodings/encodings", rows: s.AudioCtx, rest: []int{n}, widen: true},
		{name: "decoder.token_embedding.weight", source: "decoder/embeddings/weight", rows: s.Vocabulary, rest: []int{n}},
	}
	for i := range s.Layers {
		b := block{to: "decoder.blocks." + strconv.Itoa(i), from: "decoder/layer_" + strconv.Itoa(i), n: n}
		list = append(list, b.own()...)
		list = append(list, b.cross()...)
	}
	list = append(list, norm("decoder.ln", "decoder/layer_norm", n)...)
	list = append(list,
		tensor{name: "encoder.conv1.weight", source: "encoder/conv1/weight", rows: n, rest: []int{s.Mels, 3}},
		tensor{name: "encoder.conv1.bias", source: "encoder/conv1/bias", rows: n, widen: true, column: true},
		tensor{name: "encoder.conv2.weight", source: "encoder/conv2/weight", rows: n, rest: []int{n, 3}},
		tensor{name: "encoder.conv2.bias", source: "encoder/conv2/bias", rows: n, widen: true, column: true},
	)
	for i := range s.Layers {
		b := block{to: "encoder.blocks." + strconv.Itoa(i), from: "encoder/layer_" + strconv.Itoa(i), n: n}
		list = append(list, b.own()...)
	}
	return append(list, norm("encoder.ln_post", "encoder/layer_norm", n)...)
}

// block is one transformer block under both its names, n wide.
type block struct {
	to, from string
	n        int
}

// own returns the feed-forward net and the self-attention of a block.
func (b block) own() []tensor {
	list := norm(b.to+".mlp_ln", b.from+"/ffn/layer_norm", b.n)
	list = append(list, linear(b.to+".mlp.0", b.from+"/ffn/linear_0", 4*b.n, b.n)...)
	list = append(list, linear(b.to+".mlp.2", b.from+"/ffn/linear_1", b.n, 4*b.n)...)
	list = append(list, norm(b.to+".attn_ln", b.from+"/self_attention/layer_norm", b.n)...)
	joined := b.from + "/self_attention/linear_0" // query, key and value in one matrix
	list = append(list, b.split(".attn.query", joined, 3, 0)...)
	list = append(list, b.key(".attn.key", joined, 3, 1)...)
	list = append(list, b.split(".attn.value", joined, 3, 2)...)
	return append(list, linear(b.to+".attn.out", b.from+"/self_attention/linear_1", b.n, b.n)...)
}

// cross returns the attention of a decoder block to the encoder.
func (b block) cross() []tensor {
	list := norm(b.to+".cross_attn_ln", b.from+"/attention/layer_norm", b.n)
	list = append(list, linear(b.to+".cross_attn.query", b.from+"/attention/linear_0", b.n, b.n)...)
	joined := b.from + "/attention/linear_1" // key and value in one matrix
	list = append(list, b.key(".cross_attn.key", joined, 2, 0)...)
	list = append(list, b.split(".cross_attn.value", joined, 2, 1)...)
	return append(list, linear(b.to+".cross_attn.out", b.from+"/attention/linear_2", b.n, b.n)...)
}

// split takes one of the square matrices, and its bias, out of a joined one.
func (b block) split(to, from string, parts, part int) []tensor {
	return []tensor{
		{name: b.to + to + ".weight", source: from + "/weight", rows: b.n, rest: []int{b.n}, parts: parts, part: part},
		{name: b.to + to + ".bias", source: from + "/bias", rows: b.n, parts: parts, part: part, widen: true},
	}
}

// key is like split, for a projection that has no bias in ggml: Whisper trains none for keys.
func (b block) key(to, from string, parts, part int) []tensor {
	list := b.split(to, from, parts, part)
	list[1].zero = true
	return list
}

func linear(to, from string, rows, columns int) []tensor {
	return []tensor{
		{name: to + ".weight", source: from + "/weight", rows: rows, rest: []int{columns}},
		{name: to + ".bias", source: from + "/bias", rows: rows, widen: true},
	}
}

func norm(to, from string, n int) []tensor {
	return []tensor{
		{name: to + ".weight", source: from + "/gamma", rows: n, widen: true},
		{name: to + ".bias", source: from + "/beta", rows: n, widen: true},
	}
}
