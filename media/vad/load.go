package vad

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
)

// FileName is what the weights are called in the model directory.
const FileName = "ggml-silero-v6.2.0.bin"

const (
	magic   = 0x67676d6c // "ggml"
	maxName = 128        // bytes of a tensor or model name

	typeFloat32 = 0
	typeFloat16 = 1
)

// Names of the tensors that hold other than convolution weights.
const (
	tensorBasis      = "_model.stft.forward_basis_buffer"
	tensorCellInput  = "_model.decoder.rnn.weight_ih"
	tensorCellHidden = "_model.decoder.rnn.weight_hh"
	tensorInputBias  = "_model.decoder.rnn.bias_ih"
	tensorHiddenBias = "_model.decoder.rnn.bias_hh"
	tensorOutput     = "_model.decoder.decoder.2.weight"
	tensorOutputBias = "_model.decoder.decoder.2.bias"
)

// plan is the shape of the convolutions: channels in and out, and stride.
var plan = [4]struct{ in, out, stride int }{{bins, 128, 1}, {128, 64, 2}, {64, 64, 2}, {64, channels, 1}}

// Load reads the weights from a file. A missing file gives an error that tells how to get it.
func Load(path string) (*Model, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("voice detector model %s is missing: run `hotline models pull`: %w", path, err)
	}
	if err != nil {
		return nil, fmt.Errorf("load voice detector: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	m, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("load voice detector %s: %w", path, err)
	}
	return m, nil
}

// Read reads the weights in the format of whisper.cpp: a header, then tensors until the end.
func Read(r io.Reader) (*Model, error) {
	d := &decoder{r: bufio.NewReader(r)}
	d.header()
	tensors := make(map[string][]float32)
	for !d.atEnd() {
		name, values := d.tensor()
		if d.err == nil {
			tensors[name] = values
		}
	}
	if d.err != nil {
		return nil, d.err
	}
	return build(tensors)
}

// sizes is how many values each tensor of the network has.
func sizes() map[string]int {
	n := map[string]int{
		tensorBasis:      2 * bins * fftSize,
		tensorCellInput:  gates * channels * channels,
		tensorCellHidden: gates * channels * channels,
		tensorInputBias:  gates * channels,
		tensorHiddenBias: gates * channels,
		tensorOutput:     channels,
		tensorOutputBias: 1,
	}
	for i, p := range plan {
		n[layerName(i, "weight")] = p.out * p.in * taps
		n[layerName(i, "bias")] = p.out
	}
	return n
}

func layerName(i int, part string) string {
	return fmt.Sprintf("_model.encoder.%d.reparam_conv.%s", i, part)
}

// build arranges the tensors for run.
func build(tensors map[string][]float32) (*Model, error) {
	for name := range sizes() {
		if _, ok := tensors[name]; !ok {
			return nil, fmt.Errorf("tensor %s is missing", name)
		}
	}
	m := &Model{spectrum: newSpectrum(), output: tensors[tensorOutput], outputBias: tensors[tensorOutputBias][0]}
	if err := checkBasis(tensors[tensorBasis]); err != nil {
		return nil, err
	}
	for i, p := range plan {
		m.layers[i] = newConvolution(p.in, p.out, p.stride, tensors[layerName(i, "weight")], tensors[layerName(i, "bias")])
	}
	input, hidden := tensors[tensorCellInput], tensors[tensorCellHidden]
	for row := range gates * channels {
		m.cell = append(m.cell, input[row*channels:(row+1)*channels]...)
		m.cell = append(m.cell, hidden[row*channels:(row+1)*channels]...)
		m.cellBias = append(m.cellBias, tensors[tensorInputBias][row]+tensors[tensorHiddenBias][row])
	}
	return m, nil
}

// newConvolution turns weights of [out][in][tap] into rows by tap, each padded for dot.
func newConvolution(in, out, stride int, weights, bias []float32) convolution {
	row := (in + 7) &^ 7
	c := convolution{in: row, out: out, stride: stride, bias: bias, weights: make([]float32, out*taps*row)}
	for o := range out {
		for i := range in {
			for t := range taps {
				c.weights[(o*taps+t)*row+i] = weights[(o*in+i)*taps+t]
			}
		}
	}
	return c
}

// checkBasis makes sure that the transform in the file is the one spectrum computes: cosines of
// all bins and then negative sines, under a Hann window.
func checkBasis(basis []float32) error {
	const halfPrecision = 1e-3
	for k := range bins {
		for i := range fftSize {
			hann := 0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/fftSize)
			sin, cos := math.Sincos(2 * math.Pi * float64(k*i%fftSize) / fftSize)
			re, im := basis[k*fftSize+i], basis[(bins+k)*fftSize+i]
			if math.Abs(float64(re)-hann*cos) > halfPrecision || math.Abs(float64(im)+hann*sin) > halfPrecision {
				return errors.New("the spectrum of this model is not a Hann-windowed Fourier transform")
			}
		}
	}
	return nil
}

// decoder reads little-endian fields and keeps the first error.
type decoder struct {
	r   *bufio.Reader
	err error
}

// header checks that the file describes the network of this package.
func (d *decoder) header() {
	if got := d.int(); d.err == nil && got != magic {
		d.err = errors.New("not a ggml model file")
	}
	kind := d.text(d.int())
	d.int() // version: major, minor, patch
	d.int()
	d.int()
	want := []int32{WindowSize, contextSize, int32(len(plan))}
	for _, p := range plan {
		want = append(want, int32(p.in), int32(p.out), taps)
	}
	want = append(want, channels, channels, channels, 1)
	for _, w := range want {
		if got := d.int(); d.err == nil && got != w {
			d.err = fmt.Errorf("model %q has an unknown shape: %d where %d is expected", kind, got, w)
		}
	}
}

// tensor reads one named tensor of a known size.
func (d *decoder) tensor() (string, []float32) {
	dims, nameLength, kind := d.int(), d.int(), d.int()
	if d.err == nil && (dims < 0 || dims > 4) {
		d.err = fmt.Errorf("tensor of %d dimensions", dims)
	}
	count := 1
	for range dims {
		if d.err != nil {
			return "", nil
		}
		n := d.int()
		if n < 0 || n > 1<<16 {
			d.err = fmt.Errorf("tensor dimension %d", n)
		}
		count = min(count*int(n), 1<<24)
	}
	name := d.text(nameLength)
	if d.err != nil {
		return "", nil
	}
	if want := sizes()[name]; count != want || want == 0 {
		d.err = fmt.Errorf("tensor %q has %d values, want %d", name, count, want)
		return "", nil
	}
	switch kind {
	case typeFloat32:
		return name, d.floats(count)
	case typeFloat16:
		return name, d.halves(count)
	}
	d.err = fmt.Errorf("tensor %q has unknown type %d", name, kind)
	return "", nil
}

func (d *decoder) atEnd() bool {
	if d.err != nil {
		return true
	}
	_, err := d.r.Peek(1)
	return err != nil
}

func (d *decoder) bytes(n int) []byte {
	b := make([]byte, n)
	if d.err != nil {
		return b
	}
	if _, err := io.ReadFull(d.r, b); err != nil {
		d.err = fmt.Errorf("model file ends early: %w", err)
	}
	return b
}

func (d *decoder) int() int32 { return int32(binary.LittleEndian.Uint32(d.bytes(4))) }

func (d *decoder) text(length int32) string {
	if d.err == nil && (length < 0 || length > maxName) {
		d.err = fmt.Errorf("name of %d bytes", length)
	}
	if d.err != nil {
		return ""
	}
	return string(d.bytes(int(length)))
}

func (d *decoder) floats(n int) []float32 {
	b, values := d.bytes(4*n), make([]float32, n)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return values
}

func (d *decoder) halves(n int) []float32 {
	b, values := d.bytes(2*n), make([]float32, n)
	for i := range values {
		values[i] = fromHalf(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return values
}

// fromHalf widens an IEEE 754 half-precision number.
func fromHalf(h uint16) float32 {
	sign, exponent, fraction := float64(1), int(h>>10&31), float64(h&1023)
	if h>>15 == 1 {
		sign = -1
	}
	if exponent == 0 {
		return float32(sign * math.Ldexp(fraction, -24))
	}
	return float32(sign * math.Ldexp(1024+fraction, exponent-25))
}
