package ct2

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// Shape is the size of a Whisper model.
type Shape struct {
	Vocabulary int // rows of the token embedding
	Tokens     int // tokens that stand in the vocabulary of the ggml file
	AudioCtx   int // positions of the encoder
	TextCtx    int // positions of the decoder
	State      int // width
	Heads      int
	Layers     int // in the encoder and in the decoder each
	Mels       int
}

// Base is the shape of the multilingual whisper base.
func Base() Shape {
	return Shape{
		Vocabulary: 51865, Tokens: 50257, AudioCtx: 1500, TextCtx: 448,
		State: 512, Heads: 8, Layers: 6, Mels: 80,
	}
}

const (
	ggmlMagic   = 0x67676d6c
	ggmlF32     = 0
	ggmlF16     = 1
	windowBytes = 1 << 16 // of weights held in memory at a time
)

// Convert reads a CTranslate2 model of size bytes and its vocabulary (a JSON array of tokens in
// GPT-2's byte-level text) and writes the ggml file to w. A model of another shape or of other
// than float16 weights is an error. It holds one window of weights in memory, never the model.
func Convert(w io.Writer, model io.ReaderAt, size int64, vocabulary io.Reader, shape Shape) error {
	variables, err := readHeader(model, size)
	if err != nil {
		return fmt.Errorf("read the CTranslate2 header: %w", err)
	}
	tokens, err := readVocabulary(vocabulary, shape.Tokens)
	if err != nil {
		return fmt.Errorf("read the vocabulary: %w", err)
	}
	c := &converter{
		out: bufio.NewWriterSize(w, windowBytes), model: model, variables: variables, shape: shape,
		window: make([]byte, windowBytes), wide: make([]byte, 0, 2*windowBytes),
	}
	c.header(tokens)
	for _, t := range shape.tensors() {
		if err := c.tensor(t); err != nil {
			return fmt.Errorf("tensor %s from %s: %w", t.name, t.source, err)
		}
	}
	return c.out.Flush()
}

// converter carries one conversion. Write errors stay in the buffered writer until Flush.
type converter struct {
	out          *bufio.Writer
	model        io.ReaderAt
	variables    map[string]variable
	shape        Shape
	window, wide []byte
}

func (c *converter) ints(values ...int) {
	var b [4]byte
	for _, v := range values {
		binary.LittleEndian.PutUint32(b[:], uint32(v))
		_, _ = c.out.Write(b[:])
	}
}

func (c *converter) header(tokens [][]byte) {
	s := c.shape
	c.ints(ggmlMagic, s.Vocabulary, s.AudioCtx, s.State, s.Heads, s.Layers,
		s.TextCtx, s.State, s.Heads, s.Layers, s.Mels, ggmlF16)
	c.ints(s.Mels, melBins)
	for _, f := range melFilters(s.Mels) {
		c.ints(int(math.Float32bits(f)))
	}
	c.ints(len(tokens))
	for _, token := range tokens {
		c.ints(len(token))
		_, _ = c.out.Write(token)
	}
}

func (c *converter) tensor(t tensor) error {
	v, found := c.variables[t.source]
	switch {
	case !found:
		return errors.New("not in the model")
	case v.dtype != float16:
		return fmt.Errorf("type %d, want float16 (%d)", v.dtype, float16)
	}
	want := append([]int{t.rows * max(t.parts, 1)}, t.rest...)
	if !slices.Equal(v.dims, want) {
		return fmt.Errorf("shape %v, want %v", v.dims, want)
	}
	length := v.size / int64(max(t.parts, 1))
	start := v.offset + int64(t.part)*length
	if t.zero {
		return c.each(start, length, requireZero)
	}
	kind := ggmlF16
	if t.widen {
		kind = ggmlF32
	}
	dims := append([]int{t.rows}, t.rest...)
	if t.column {
		dims = append(dims, 1)
	}
	c.ints(len(dims), len(t.name), kind)
	for _, d := range slices.Backward(dims) {
		c.ints(d)
	}
	_, _ = c.out.WriteString(t.name)
	return c.each(start, length, func(b []byte) error {
		if t.widen {
			b = widen(c.wide[:0], b)
		}
		_, err := c.out.Write(b)
		return err
	})
}

// each calls f with the bytes of the model from start on, window by window.
func (c *converter) each(start, length int64, f func([]byte) error) error {
	for length > 0 {
		b := c.window[:min(length, windowBytes)]
		if _, err := c.model.ReadAt(b, start); err != nil {
			return err
		}
		if err := f(b); err != nil {
			return err
		}
		start += int64(len(b))
		length -= int64(len(b))
	}
	return nil
}

// requireZero guards a bias that the ggml file has no place for.
func requireZero(b []byte) error {
	for _, v := range b {
		if v != 0 {
			return errors.New("a key bias that is not zero would be lost")
		}
	}
	return nil
}

// widen appends the float32 values of the float16 values in b. Every float16 has an exact float32.
func widen(dst, b []byte) []byte {
	for ; len(b) >= 2; b = b[2:] {
		dst = binary.LittleEndian.AppendUint32(dst, widenBits(binary.LittleEndian.Uint16(b)))
	}
	return dst
}

// widenBits converts the bits of one IEEE 754 binary16 to those of the binary32 of equal value.
func widenBits(h uint16) uint32 {
	sign := uint32(h&0x8000) << 16
	exponent := uint32(h>>10) & 0x1f
	fraction := uint32(h & 0x3ff)
	switch {
	case exponent == 0x1f: // infinity, not a number
		return sign | 0xff<<23 | fraction<<13
	case exponent != 0:
		return sign | (exponent+127-15)<<23 | fraction<<13
	}
	// Zero and the subnormals: fraction × 2^-24, which float32 holds as a normal number.
	return sign | math.Float32bits(float32(fraction)*(1.0/(1<<24)))
}
