package vad

import "math"

const (
	frames   = 4   // spectra of one window
	bins     = 129 // of a spectrum
	binsRow  = 136 // bins rounded up for dot
	channels = 128 // the widest layer, and the state of the LSTM
	gates    = 4
	taps     = 3 // kernel of every convolution
)

// Model holds the weights of the network. It is immutable and may be shared.
type Model struct {
	spectrum spectrum
	layers   [4]convolution
	// cell holds, for each of the four gates and each channel, the weights of the layer below
	// and then those of the previous output.
	cell       []float32
	cellBias   []float32
	output     []float32
	outputBias float32
}

// activations are the working memory of one stream. Rows are moments in time, oldest first.
type activations struct {
	spectra [frames * binsRow]float32
	a, b    [frames * channels]float32
	// input is what the LSTM sees: the layer below, then its own previous output.
	input  [2 * channels]float32
	memory [channels]float32
	gates  [gates * channels]float32
	re, im [fftSize]float32
}

// run returns the probability for one window of samples and moves the LSTM on.
func (m *Model) run(n *activations, samples []float32) float32 {
	for pair := 0; pair < frames; pair += 2 {
		rows := n.spectra[pair*binsRow:]
		m.spectrum.magnitudes(rows[:bins], rows[binsRow:][:bins], samples[pair*hop:], n)
	}
	rows := m.layers[0].apply(n.a[:], n.spectra[:], frames)
	rows = m.layers[1].apply(n.b[:], n.a[:], rows)
	rows = m.layers[2].apply(n.a[:], n.b[:], rows)
	m.layers[3].apply(n.b[:], n.a[:], rows)
	copy(n.input[:channels], n.b[:channels])
	return m.recur(n)
}

// recur is the LSTM cell and the output layer.
func (m *Model) recur(n *activations) float32 {
	for i := range n.gates {
		n.gates[i] = m.cellBias[i] + dot(m.cell[i*len(n.input):][:len(n.input)], n.input[:])
	}
	sum := m.outputBias
	for i := range n.memory {
		in, forget := sigmoid(n.gates[i]), sigmoid(n.gates[channels+i])
		candidate, out := tanh(n.gates[2*channels+i]), sigmoid(n.gates[3*channels+i])
		n.memory[i] = forget*n.memory[i] + in*candidate
		h := out * tanh(n.memory[i])
		n.input[channels+i] = h
		sum += m.output[i] * max(h, 0)
	}
	return sigmoid(sum)
}

// convolution is one layer over time with a kernel of three moments and ReLU.
type convolution struct {
	in, out int // row lengths
	stride  int
	weights []float32 // per output channel three rows of in
	bias    []float32
}

// apply fills dst from src, a number of rows, and returns the number of rows written. Moments
// before the first and after the last row count as zero and are skipped.
func (c *convolution) apply(dst, src []float32, rows int) int {
	written := (rows-1)/c.stride + 1
	for o, bias := range c.bias {
		kernel := c.weights[o*taps*c.in:][:taps*c.in]
		for t := range written {
			at := t*c.stride - 1
			first, last := max(at, 0), min(at+taps, rows)
			x := src[first*c.in : last*c.in]
			dst[t*c.out+o] = max(bias+dot(kernel[(first-at)*c.in:], x), 0)
		}
	}
	return written
}

// dot is the inner product of b with the start of a; the length of b is a multiple of eight. Four
// sums keep the adders busy, and array pointers spare the bounds checks.
func dot(a, b []float32) float32 {
	var s0, s1, s2, s3 float32
	a = a[:len(b)]
	for len(a) >= 8 && len(b) >= 8 {
		x, y := (*[8]float32)(a), (*[8]float32)(b)
		s0 += x[0] * y[0]
		s1 += x[1] * y[1]
		s2 += x[2] * y[2]
		s3 += x[3] * y[3]
		s0 += x[4] * y[4]
		s1 += x[5] * y[5]
		s2 += x[6] * y[6]
		s3 += x[7] * y[7]
		a, b = a[8:], b[8:]
	}
	return (s0 + s1) + (s2 + s3)
}

func sigmoid(x float32) float32 { return float32(1 / (1 + math.Exp(-float64(x)))) }

func tanh(x float32) float32 { return 2*sigmoid(2*x) - 1 }
