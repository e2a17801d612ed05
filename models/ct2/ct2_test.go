package ct2

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMelFiltersAreThePublishedOnes(t *testing.T) {
	var b []byte
	for _, f := range melFilters(80) {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
	}
	sum := sha256.Sum256(b)
	const want = "85818f156f7e189453901a515e4726d270d307f976e161cf9403e8caab405498"
	if got := hex.EncodeToString(sum[:]); got != want {
		t.Errorf("checksum %s, want %s", got, want)
	}
}

func TestVocabularyReadsTextBackIntoBytes(t *testing.T) {
	got, err := readVocabulary(strings.NewReader(`["!", "Ġthe", "ä½ł", "Ń", "", "<|end|>"]`), 5)
	if err != nil {
		t.Fatal(err)
	}
	want := [][]byte{[]byte("!"), []byte(" the"), []byte("你"), {0xad}, nil}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestVocabularyOfEveryByte(t *testing.T) {
	seen := make(map[byte]rune)
	for r, b := range byteOfRune() {
		if other, double := seen[b]; double {
			t.Errorf("%U and %U both stand for %#x", r, other, b)
		}
		seen[b] = r
	}
	if len(seen) != 256 {
		t.Errorf("%d bytes can be written, want 256", len(seen))
	}
}

func TestVocabularyRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"too few tokens":         `["a"]`,
		"a rune for no byte":     `["a", "你"]`,
		"what is not an array":   `{"a": 1}`,
		"a text that breaks off": `["a", "b`,
	} {
		if _, err := readVocabulary(strings.NewReader(text), 2); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestWideningKeepsEveryFloat16(t *testing.T) {
	for h := range 1 << 16 {
		sign, exponent, fraction := h>>15, h>>10&0x1f, h&0x3ff
		var want float64
		switch {
		case exponent == 0x1f && fraction != 0:
			if got := math.Float32frombits(widenBits(uint16(h))); got == got {
				t.Fatalf("%#x: %v, want not a number", h, got)
			}
			continue
		case exponent == 0x1f:
			want = math.Inf(1)
		case exponent == 0:
			want = math.Ldexp(float64(fraction), -24)
		default:
			want = math.Ldexp(float64(1024+fraction), exponent-25)
		}
		if sign == 1 {
			want = math.Copysign(want, -1)
		}
		got := float64(math.Float32frombits(widenBits(uint16(h))))
		if got != want || math.Signbit(got) != math.Signbit(want) {
			t.Fatalf("%#x: %v, want %v", h, got, want)
		}
	}
}

// small is a model of two layers, four wide.
func small() Shape {
	return Shape{Vocabulary: 7, Tokens: 5, AudioCtx: 6, TextCtx: 3, State: 4, Heads: 2, Layers: 2, Mels: 8}
}

const smallVocabulary = `["a", "b", "Ġc", "ä", "", "<|x|>", "<|y|>"]`

// source is a CTranslate2 model under construction.
type source struct {
	names []string
	vars  map[string]variable
	data  map[string][]byte
}

// newSource has every variable that the shape wants; element k of a variable is the float16 of
// its place among all weights, and key biases are zero.
func newSource(shape Shape) *source {
	s := &source{vars: make(map[string]variable), data: make(map[string][]byte)}
	element := uint16(0x3c00)
	for _, t := range shape.tensors() {
		if _, have := s.vars[t.source]; !have {
			s.names = append(s.names, t.source)
			s.vars[t.source] = variable{dims: append([]int{t.rows * max(t.parts, 1)}, t.rest...), dtype: float16}
			n := 1
			for _, d := range s.vars[t.source].dims {
				n *= d
			}
			for range n {
				s.data[t.source] = binary.LittleEndian.AppendUint16(s.data[t.source], element)
				element = element%0x7000 + 1
			}
		}
		if t.zero {
			length := len(s.data[t.source]) / t.parts
			clear(s.data[t.source][t.part*length : (t.part+1)*length])
		}
	}
	return s
}

func (s *source) bytes() []byte {
	var b []byte
	text := func(v string) {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(v)+1))
		b = append(append(b, v...), 0)
	}
	u32 := func(v int) { b = binary.LittleEndian.AppendUint32(b, uint32(v)) }
	u32(6)
	text("WhisperSpec")
	u32(3)
	u32(len(s.names))
	for _, name := range s.names {
		v := s.vars[name]
		text(name)
		b = append(b, byte(len(v.dims)))
		for _, d := range v.dims {
			u32(d)
		}
		b = append(b, v.dtype)
		u32(len(s.data[name]))
		b = append(b, s.data[name]...)
	}
	u32(0)
	return b
}

func convert(model []byte) ([]byte, error) {
	var out bytes.Buffer
	err := Convert(&out, bytes.NewReader(model), int64(len(model)), strings.NewReader(smallVocabulary), small())
	return out.Bytes(), err
}

// written is a tensor as it stands in a ggml file.
type written struct {
	Name string
	Kind int
	Dims []int
	Data []byte
}

// readGGML reads what Convert wrote, for comparison.
func readGGML(t *testing.T, b []byte) (header []int, tokens []string, tensors []written) {
	t.Helper()
	r := bytes.NewReader(b)
	num := func() int {
		var v int32
		if err := binary.Read(r, binary.LittleEndian, &v); err != nil {
			t.Fatal(err)
		}
		return int(v)
	}
	take := func(n int) []byte {
		data := make([]byte, n)
		if _, err := io.ReadFull(r, data); err != nil {
			t.Fatal(err)
		}
		return data
	}
	for range 14 {
		header = append(header, num())
	}
	take(4 * header[12] * header[13])
	for range num() {
		tokens = append(tokens, string(take(num())))
	}
	for r.Len() > 0 {
		rank, length := num(), num()
		w := written{Kind: num()}
		size := 2
		if w.Kind == ggmlF32 {
			size = 4
		}
		for range rank {
			w.Dims = append(w.Dims, num())
			size *= w.Dims[len(w.Dims)-1]
		}
		w.Name = string(take(length))
		w.Data = take(size)
		tensors = append(tensors, w)
	}
	return header, tokens, tensors
}

func TestConvertWritesAWholeModel(t *testing.T) {
	shape, s := small(), newSource(small())
	out, err := convert(s.bytes())
	if err != nil {
		t.Fatal(err)
	}
	header, tokens, tensors := readGGML(t, out)
	wantHeader := []int{ggmlMagic, 7, 6, 4, 2, 2, 3, 4, 2, 2, 8, 1, 8, 201}
	if diff := cmp.Diff(wantHeader, header); diff != "" {
		t.Error("header:", diff)
	}
	if diff := cmp.Diff([]string{"a", "b", " c", "\xe4", ""}, tokens); diff != "" {
		t.Error("tokens:", diff)
	}
	if want := 3 + 24*shape.Layers + 2 + 4 + 15*shape.Layers + 2; len(tensors) != want {
		t.Fatalf("%d tensors, want %d", len(tensors), want)
	}
	found := make(map[string]written)
	for _, w := range tensors {
		found[w.Name] = w
	}
	joined := s.data["decoder/layer_1/self_attention/linear_0/weight"]
	joinedBias := s.data["decoder/layer_1/self_attention/linear_0/bias"]
	for _, want := range []written{
		{"decoder.blocks.1.attn.value.weight", ggmlF16, []int{4, 4}, joined[64:96]},
		{"decoder.blocks.1.attn.key.weight", ggmlF16, []int{4, 4}, joined[32:64]},
		{"decoder.blocks.1.attn.value.bias", ggmlF32, []int{4}, widen(nil, joinedBias[16:24])},
		{"encoder.conv1.weight", ggmlF16, []int{3, 8, 4}, s.data["encoder/conv1/weight"]},
		{"encoder.conv1.bias", ggmlF32, []int{1, 4}, widen(nil, s.data["encoder/conv1/bias"])},
		{"decoder.positional_embedding", ggmlF32, []int{4, 3}, widen(nil, s.data["decoder/position_encodings/encodings"])},
		{"encoder.ln_post.bias", ggmlF32, []int{4}, widen(nil, s.data["encoder/layer_norm/beta"])},
	} {
		if diff := cmp.Diff(want, found[want.Name]); diff != "" {
			t.Error(diff)
		}
	}
	if _, kept := found["decoder.blocks.1.attn.key.bias"]; kept {
		t.Error("a key bias was written")
	}
}

func TestConvertHasAllTensorsOfBase(t *testing.T) {
	var names []string
	for _, tensor := range Base().tensors() {
		if !tensor.zero {
			names = append(names, tensor.name)
		}
	}
	if len(names) != 245 {
		t.Errorf("%d tensors, want 245", len(names))
	}
}

func TestConvertRefuses(t *testing.T) {
	const bias = "encoder/layer_0/self_attention/linear_0/bias"
	for name, spoil := range map[string]func(*source){
		"a missing tensor":   func(s *source) { s.names = s.names[1:] },
		"another shape":      func(s *source) { s.vars[bias] = variable{dims: []int{3, 4}, dtype: float16} },
		"other weights":      func(s *source) { s.vars[bias] = variable{dims: []int{24}, dtype: 1} },
		"a key bias":         func(s *source) { s.data[bias][8] = 1 },
		"a wrong size":       func(s *source) { s.data[bias] = s.data[bias][2:] },
		"an unknown type":    func(s *source) { s.vars[bias] = variable{dims: []int{12}, dtype: 9} },
		"too high a rank":    func(s *source) { s.vars[bias] = variable{dims: []int{1, 1, 1, 1, 12}, dtype: float16} },
		"an empty tensor":    func(s *source) { s.vars[bias] = variable{dims: []int{0}, dtype: float16} },
		"a doubled tensor":   func(s *source) { s.names = append(s.names, bias) },
		"a size past reason": func(s *source) { s.vars[bias] = variable{dims: []int{1 << 31, 1 << 31}, dtype: float16} },
	} {
		s := newSource(small())
		spoil(s)
		if _, err := convert(s.bytes()); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestConvertRefusesAModelThatBreaksOff(t *testing.T) {
	whole := newSource(small()).bytes()
	for _, n := range []int{0, 3, 4, 5, 10, 24, len(whole) / 2, len(whole) - 5} {
		if _, err := convert(whole[:n]); err == nil {
			t.Errorf("%d of %d bytes: no error", n, len(whole))
		}
	}
	if _, err := convert(append([]byte{5, 0, 0, 0}, whole[4:]...)); err == nil {
		t.Error("version 5: no error")
	}
}

func FuzzReadHeader(f *testing.F) {
	seed := newSource(small())
	seed.names = []string{"encoder/conv1/bias", "encoder/layer_norm/beta"}
	f.Add(seed.bytes())
	f.Add([]byte{6, 0, 0, 0, 2, 0, 'a', 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		variables, err := readHeader(bytes.NewReader(b), int64(len(b)))
		if err != nil {
			return
		}
		for name, v := range variables {
			if v.offset < 0 || v.size < 0 || v.offset+v.size > int64(len(b)) {
				t.Errorf("variable %q reaches from %d over %d bytes in a file of %d", name, v.offset, v.size, len(b))
			}
		}
	})
}
