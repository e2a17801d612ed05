package phone

import (
	"fmt"
	"io"
	"sort"
	"sync"
	"time"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
)

// Recorder is a media.Sink that keeps everything it hears and when. Frames are counted from 0. It
// is safe for concurrent use.
type Recorder struct {
	format    media.Format
	clock     media.Clock
	threshold float64
	changed   chan struct{}

	mu     sync.Mutex
	frames int
	blocks []*block
}

// block holds 10 s. A long call takes an allocation now and then and is never copied.
type block struct {
	pcm    []int16
	at     [blockFrames]time.Time
	voiced [blockFrames]bool
}

const blockFrames = 500

// NewRecorder returns a Recorder of a mono format. level is the loudness from which sound counts as
// voice, in dB below full scale within -90…-10; 0 means DefaultLevel. clock may be nil for the
// machine's.
func NewRecorder(format media.Format, level float64, clock media.Clock) (*Recorder, error) {
	if level == 0 {
		level = DefaultLevel
	}
	if !(level >= -90 && level <= -10) {
		return nil, fmt.Errorf("recorder: level %v dB, want -90…-10", level)
	}
	if format.Channels != 1 || format.Rate < 8000 || format.Rate > 48000 {
		return nil, fmt.Errorf("recorder: format %v, want one channel of 8000…48000 Hz", format)
	}
	if clock == nil {
		clock = media.SystemClock{}
	}
	r := &Recorder{format: format, clock: clock, threshold: energy(level), changed: make(chan struct{}, 1)}
	r.extend()
	return r, nil
}

func (r *Recorder) extend() {
	r.blocks = append(r.blocks, &block{pcm: make([]int16, blockFrames*r.format.TickSamples())})
}

// Format returns the format of the frames.
func (r *Recorder) Format() media.Format { return r.format }

// WriteFrame keeps one frame; see media.Sink.
func (r *Recorder) WriteFrame(f media.Frame) error {
	r.mu.Lock()
	if r.frames == len(r.blocks)*blockFrames {
		r.extend()
	}
	b, i := r.blocks[r.frames/blockFrames], r.frames%blockFrames
	size := r.format.TickSamples()
	kept := b.pcm[i*size : (i+1)*size]
	copy(kept, f.PCM)
	b.at[i] = r.clock.Now()
	b.voiced[i] = loudness(kept[:size/2]) >= r.threshold || loudness(kept[size/2:]) >= r.threshold
	r.frames++
	r.mu.Unlock()
	select {
	case r.changed <- struct{}{}:
	default:
	}
	return nil
}

// Changed is sent to when there are new frames, for one who waits for them.
func (r *Recorder) Changed() <-chan struct{} { return r.changed }

// Frames returns how many frames there are.
func (r *Recorder) Frames() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.frames
}

// FrameAt returns the first frame that was heard at t or later; Frames() when there is none.
func (r *Recorder) FrameAt(t time.Time) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return sort.Search(r.frames, func(i int) bool { return !r.at(i).Before(t) })
}

// Span is an unbroken stretch of voice: the frames From…To-1 and when the first and the last of
// them were heard.
type Span struct {
	From, To    int
	First, Last time.Time
	// Over says that the silence that ends it has been heard. Until then it may grow.
	Over bool
}

// Next returns the first span of voice that holds a frame from the given one on, and false when
// there is none yet. Frames before it do not count. silence is the pause that ends a span.
func (r *Recorder) Next(from int, silence time.Duration) (Span, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := max(from, 0)
	for i < r.frames && !r.voiced(i) {
		i++
	}
	if i >= r.frames {
		return Span{}, false
	}
	s := Span{From: i, First: r.at(i)}
	last := i
	for ; i < r.frames && i-last <= ticks(silence); i++ {
		if r.voiced(i) {
			last = i
		}
	}
	s.To, s.Last = last+1, r.at(last)
	s.Over = i-last > ticks(silence)
	return s, true
}

// Spans returns all spans of voice so far.
func (r *Recorder) Spans(silence time.Duration) []Span {
	var list []Span
	for from := 0; ; {
		s, found := r.Next(from, silence)
		if !found {
			return list
		}
		list = append(list, s)
		from = s.To
	}
}

// PCM returns a copy of the frames from…to-1, as far as there are such.
func (r *Recorder) PCM(from, to int) []int16 {
	r.mu.Lock()
	defer r.mu.Unlock()
	from, to = max(from, 0), min(to, r.frames)
	var pcm []int16
	for i := from; i < to; i++ {
		pcm = append(pcm, r.frame(i)...)
	}
	return pcm
}

// WriteWAV writes everything heard so far.
func (r *Recorder) WriteWAV(w io.WriteSeeker) error {
	out, err := wav.NewWriter(w, r.format)
	if err != nil {
		return err
	}
	for i := range r.Frames() {
		if err := out.Write(r.PCM(i, i+1)); err != nil {
			return err
		}
	}
	return out.Close()
}

// WriteStereo writes two recordings of one format beside each other, aligned by when each began.
// What the caller said goes left, as in the recordings of the gateway.
func WriteStereo(w io.WriteSeeker, left, right *Recorder) error {
	if left.format != right.format {
		return fmt.Errorf("write stereo: %v beside %v", left.format, right.format)
	}
	out, err := wav.NewWriter(w, media.Format{Rate: left.format.Rate, Channels: 2})
	if err != nil {
		return err
	}
	shiftLeft, shiftRight := 0, 0 // ticks of silence in front
	if left.Frames() > 0 && right.Frames() > 0 {
		later := left.began().Sub(right.began())
		shiftLeft, shiftRight = ticks(max(later, 0)+media.Tick/2), ticks(max(-later, 0)+media.Tick/2)
	}
	both := make([]int16, 2*left.format.TickSamples())
	for i := range max(left.Frames()+shiftLeft, right.Frames()+shiftRight) {
		clear(both)
		interleave(both, left.PCM(i-shiftLeft, i-shiftLeft+1))
		interleave(both[1:], right.PCM(i-shiftRight, i-shiftRight+1))
		if err := out.Write(both); err != nil {
			return err
		}
	}
	return out.Close()
}

func interleave(dst, mono []int16) {
	for i, s := range mono {
		dst[2*i] = s
	}
}

func (r *Recorder) began() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.at(0)
}

// at, voiced and frame are what is kept of frame i. The lock is held.
func (r *Recorder) at(i int) time.Time { return r.blocks[i/blockFrames].at[i%blockFrames] }
func (r *Recorder) voiced(i int) bool  { return r.blocks[i/blockFrames].voiced[i%blockFrames] }
func (r *Recorder) frame(i int) []int16 {
	size := r.format.TickSamples()
	return r.blocks[i/blockFrames].pcm[i%blockFrames*size:][:size]
}
