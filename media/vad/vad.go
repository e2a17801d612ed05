// Package vad tells speech from everything else. It runs the Silero voice activity detector
// (version 5 and 6, 16 kHz) as a streaming network in plain Go, and a Segmenter that turns its
// probabilities into the beginnings and ends of speech.
//
// A window of 512 samples, after 64 samples of context, becomes four spectra (Hann window of 256,
// hop 128); four convolutions and one LSTM cell reduce them to one probability. The weights come
// from the file format of whisper.cpp.
package vad

const (
	// Rate is the sampling rate in Hz of everything in this package.
	Rate = 16000
	// WindowSize is how many samples one probability stands for: 32 ms.
	WindowSize = 512
)

const (
	contextSize = 64
	// gateEnergy is the energy of a window at -66 dBFS RMS: the idle noise of A-law lies below it
	// and any talker above.
	gateEnergy = WindowSize * (1 << 15) * (1 << 15) / 4_000_000
	// gateProbability is what the network must have fallen to before it may rest.
	gateProbability = 0.1
	// settleWindows is how many such windows in a row it takes until the network's memory holds
	// nothing but silence.
	settleWindows = 16
)

// Stream is the detector of one voice. Its Model may serve many streams; a Stream is not safe for
// concurrent use.
type Stream struct {
	model *Model
	// samples is what the network sees: context, window, and the last samples mirrored as the
	// model's training padded them.
	samples [contextSize + WindowSize + contextSize]float32
	net     activations
	quiet   int // windows in a row that were below both gates

	pending [WindowSize]int16 // samples waiting for their window to fill
	waiting int
}

// NewStream returns a detector at the start of a stream.
func (m *Model) NewStream() *Stream { return &Stream{model: m} }

// Reset forgets the stream so far.
func (s *Stream) Reset() { *s = Stream{model: s.model} }

// Window takes the next WindowSize samples, and panics when there are fewer. It returns the
// probability that they hold speech, 0…1. After half a second of silence below -66 dBFS it returns
// 0 without running the network, so that an idle call costs next to nothing.
func (s *Stream) Window(pcm []int16) float32 {
	pcm = pcm[:WindowSize]
	copy(s.samples[:contextSize], s.samples[WindowSize:])
	var energy int64
	window := s.samples[contextSize : contextSize+WindowSize]
	for i, v := range pcm {
		window[i] = float32(v) / (1 << 15)
		energy += int64(v) * int64(v)
	}
	if energy >= gateEnergy {
		s.quiet = 0
	}
	if s.quiet >= settleWindows {
		return 0
	}
	end := s.samples[contextSize+WindowSize:]
	for i := range end {
		end[i] = window[WindowSize-2-i]
	}
	p := s.model.run(&s.net, s.samples[:])
	if energy < gateEnergy && p < gateProbability {
		s.quiet++
	} else {
		s.quiet = 0
	}
	return p
}

// Append takes any number of samples and appends the probability of each window they complete.
func (s *Stream) Append(dst []float32, pcm []int16) []float32 {
	for len(pcm) > 0 {
		n := copy(s.pending[s.waiting:], pcm)
		pcm = pcm[n:]
		if s.waiting += n; s.waiting == WindowSize {
			dst = append(dst, s.Window(s.pending[:]))
			s.waiting = 0
		}
	}
	return dst
}
