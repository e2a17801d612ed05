package mix

import (
	"fmt"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/resample"
)

var (
	_ media.Sink   = (*Port)(nil)
	_ media.Source = (*Port)(nil)
)

// Port is the place of one party in a mixer: a Sink for what it says and a Source of what it hears.
// WriteFrame and ReadFrame are called by one goroutine each, Leave by anyone.
type Port struct {
	mixer  *Mixer
	name   string
	format media.Format

	voice voice
	ear   ear

	in, out *resample.Resampler // nil when the rates agree
	spoken  []int16             // a tick at the mixer's rate, in
	sum     []int32             // and out
	heard   []int16
	ringing bool // the last tick had sound, whose end is still in out
}

func newPort(m *Mixer, name string, format media.Format) (*Port, error) {
	tick := m.format.TickSamples()
	p := &Port{
		mixer: m, name: name, format: format,
		voice: newVoice(tick), spoken: make([]int16, 0, tick), sum: make([]int32, tick), heard: make([]int16, tick),
	}
	p.ear = ear{port: p, fade: make([]int32, tick)}
	if format.Rate == m.format.Rate {
		return p, nil
	}
	var err error
	if p.in, err = resample.New(format.Rate, m.format.Rate); err != nil {
		return nil, hotline.Errorf("join mixer", hotline.CodeUnsupported, "%w", err)
	}
	if p.out, err = resample.New(m.format.Rate, format.Rate); err != nil {
		return nil, hotline.Errorf("join mixer", hotline.CodeUnsupported, "%w", err)
	}
	return p, nil
}

// Name returns the name it joined with.
func (p *Port) Name() string { return p.name }

func (p *Port) String() string {
	return fmt.Sprintf("%s: %v ↔ mix %v", p.name, p.format, p.mixer.format)
}

// Format returns the format of the party, both ways.
func (p *Port) Format() media.Format { return p.format }

// WriteFrame takes one tick of what the party says; see media.Sink. After Leave it does nothing.
func (p *Port) WriteFrame(f media.Frame) error {
	if len(f.PCM) != p.format.TickSamples() {
		return hotline.Errorf("write to mixer", hotline.CodeInvalid, "%d samples, want a tick of %d", len(f.PCM), p.format.TickSamples())
	}
	pcm := f.PCM
	if p.in != nil {
		p.spoken = p.in.Process(p.spoken[:0], pcm)
		pcm = p.spoken
	}
	p.mixer.say(p, pcm)
	return nil
}

// ReadFrame gives one tick of what the party hears; see media.Source. After Leave it is silence.
func (p *Port) ReadFrame(pcm []int16) bool {
	voices := p.mixer.hear(&p.ear, p.sum)
	if voices == 0 && !p.ringing {
		clear(pcm)
		return false
	}
	limit(p.heard, p.sum, voices)
	if p.out == nil {
		copy(pcm, p.heard)
		return true
	}
	p.ringing = voices > 0
	p.out.Process(pcm[:0], p.heard)
	return true
}

// Leave takes the party out of the mixer. It may be called more than once.
func (p *Port) Leave() { p.mixer.leave(p) }
