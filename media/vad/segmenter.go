package vad

import (
	"fmt"
	"time"
)

// Options of a Segmenter. The zero value suits a telephone caller in dialog.
type Options struct {
	// Start is the probability from which a window counts as speech, within 0…1; 0 means 0.5.
	Start float32
	// Exit is the probability below which speech may end, at most Start; 0 means 0.35, or Start
	// if that is lower.
	Exit float32
	// MinSpeech is how long speech must last to be reported, and MinSilence how long a pause
	// must last to end it, up to 10 s each; 0 means 64 ms and 200 ms. Both are rounded up to
	// whole windows.
	MinSpeech, MinSilence time.Duration
}

const (
	defaultStart      = 0.5
	defaultExit       = 0.35
	defaultMinSpeech  = 64 * time.Millisecond
	defaultMinSilence = 200 * time.Millisecond
	longest           = 10 * time.Second
)

// withDefaults fills in zero fields and checks the result.
func (o Options) withDefaults() (Options, error) {
	if o.Start == 0 {
		o.Start = defaultStart
	}
	if o.Exit == 0 {
		o.Exit = min(defaultExit, o.Start)
	}
	if o.MinSpeech == 0 {
		o.MinSpeech = defaultMinSpeech
	}
	if o.MinSilence == 0 {
		o.MinSilence = defaultMinSilence
	}
	switch {
	case !(o.Start > 0 && o.Start <= 1):
		return o, fmt.Errorf("vad: Start %v is not within 0…1", o.Start)
	case !(o.Exit > 0 && o.Exit <= o.Start):
		return o, fmt.Errorf("vad: Exit %v is not within 0…Start (%v)", o.Exit, o.Start)
	case o.MinSpeech < 0 || o.MinSpeech > longest:
		return o, fmt.Errorf("vad: MinSpeech %v is not within 0…%v", o.MinSpeech, longest)
	case o.MinSilence < 0 || o.MinSilence > longest:
		return o, fmt.Errorf("vad: MinSilence %v is not within 0…%v", o.MinSilence, longest)
	}
	return o, nil
}

// Kind tells the two edges of speech apart.
type Kind uint8

// The edges a Segmenter reports.
const (
	SpeechStart Kind = iota + 1
	SpeechEnd
)

func (k Kind) String() string {
	switch k {
	case SpeechStart:
		return "speech start"
	case SpeechEnd:
		return "speech end"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Edge is a beginning or an end of speech. At is where in the stream it lies, in samples: the
// first sample of the first voiced window, or the sample after the last one. It is reported
// later, when MinSpeech or MinSilence has passed.
type Edge struct {
	Kind Kind
	At   int64
}

// Segmenter finds the edges of speech in a stream of probabilities, one for each window. It is
// driven by the stream alone and knows no clock. Not safe for concurrent use.
type Segmenter struct {
	start, exit           float32
	minSpeech, minSilence int64 // samples

	now      int64 // samples seen
	speaking bool
	// since is where the run of windows began that may become an edge, or -1.
	since int64
}

// NewSegmenter returns a Segmenter at the start of a stream, in silence.
func NewSegmenter(o Options) (*Segmenter, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Segmenter{
		start: o.Start, exit: o.Exit,
		minSpeech: samples(o.MinSpeech), minSilence: samples(o.MinSilence),
		since: -1,
	}, nil
}

// Push takes the probability of the next window and reports the edge it completes, if any.
//
// A run towards an edge survives windows between Exit and Start: it ends only when a window
// clearly says the opposite.
func (s *Segmenter) Push(probability float32) (Edge, bool) {
	begin := s.now
	s.now += WindowSize
	voiced, silent := probability >= s.start, probability < s.exit
	toEdge, away, least := voiced, silent, s.minSpeech
	if s.speaking {
		toEdge, away, least = silent, voiced, s.minSilence
	}
	switch {
	case away:
		s.since = -1
	case toEdge && s.since < 0:
		s.since = begin
	}
	if s.since < 0 || s.now-s.since < least {
		return Edge{}, false
	}
	edge := Edge{Kind: SpeechStart, At: s.since}
	if s.speaking {
		edge.Kind = SpeechEnd
	}
	s.speaking, s.since = !s.speaking, -1
	return edge, true
}

// Speaking reports whether the last edge was a start.
func (s *Segmenter) Speaking() bool { return s.speaking }

// Pause returns how long the speaker has been silent inside speech that has not ended, in
// samples; 0 while the voice sounds and outside speech.
func (s *Segmenter) Pause() int64 {
	if !s.speaking || s.since < 0 {
		return 0
	}
	return s.now - s.since
}

// Now returns how many samples of the stream have been judged.
func (s *Segmenter) Now() int64 { return s.now }

// Reset returns to the start of a stream, in silence.
func (s *Segmenter) Reset() { s.now, s.speaking, s.since = 0, false, -1 }

func samples(d time.Duration) int64 { return int64(d) * Rate / int64(time.Second) }
