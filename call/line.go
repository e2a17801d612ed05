package call

import (
	"sync/atomic"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/mix"
)

// line is the end of a leg inside the call: it takes the caller's frames and gives ours, and lets
// the recorder and the owner see both directions of each tick. It runs in the leg's frame path: it
// copies, never waits and never allocates.
type line struct {
	format   media.Format
	ticks    chan []int16 // to the owner of the call: the caller's tick, then ours
	free     chan []int16 // back from it
	mouth    *mouth
	recorder Recorder
	others   atomic.Pointer[others] // nil while nobody else is there
	in       []int16                // the caller's frame of this tick
	sides    [][]int16              // scratch for the recorder
	missed   atomic.Uint64
	// unrecorded counts changes of who is there that the recorder refused.
	unrecorded atomic.Uint64
}

// others is the line's part of the bridge to other people.
type others struct {
	caller, bot *mix.Port
	tap         *mix.Tap
	heard       []int16     // scratch
	recorded    []*mix.Port // that the recorder has a side for, after the caller and the hotline
}

// lineTicks is how many ticks may wait for the owner: 1.3 s.
const lineTicks = 64

func newLine(format media.Format, mouth *mouth, recorder Recorder) *line {
	l := &line{
		format:   format,
		ticks:    make(chan []int16, lineTicks),
		free:     make(chan []int16, lineTicks),
		mouth:    mouth,
		recorder: recorder,
		in:       make([]int16, format.TickSamples()),
	}
	for range lineTicks {
		l.free <- make([]int16, 2*format.TickSamples())
	}
	return l
}

// Format returns the format of both directions.
func (l *line) Format() media.Format { return l.format }

// WriteFrame takes one frame of the caller; see media.Sink.
func (l *line) WriteFrame(f media.Frame) error {
	clear(l.in[copy(l.in, f.PCM):])
	if o := l.others.Load(); o != nil {
		return o.caller.WriteFrame(f)
	}
	return nil
}

// ReadFrame gives our frame of the same tick; see media.Source. When the owner is too slow the tick
// is lost to it and counted; the recording still has it.
func (l *line) ReadFrame(pcm []int16) bool {
	spoke := l.mouth.ReadFrame(pcm)
	if !spoke {
		clear(pcm)
	}
	o := l.others.Load()
	if o != nil {
		_ = o.bot.WriteFrame(media.Frame{PCM: pcm}) // for those who listen in
	}
	if l.recorder != nil {
		l.record(o, pcm)
	}
	if o != nil && o.caller.ReadFrame(o.heard) {
		for i, x := range o.heard {
			pcm[i] = mix.Soften(int32(pcm[i]) + int32(x))
		}
		spoke = true
	}
	select {
	case tick := <-l.free:
		copy(tick, l.in)
		copy(tick[len(l.in):], pcm)
		l.ticks <- tick // has room: there are no more buffers than places
	default:
		l.missed.Add(1)
	}
	clear(l.in)
	return spoke
}

// record gives the recorder a tick of everybody, each by themselves.
func (l *line) record(o *others, ours []int16) {
	l.sides = append(l.sides[:0], l.in, ours)
	if o == nil {
		l.recorder.TickAll(l.sides)
		return
	}
	n := 0
	changed := false
	for _, v := range o.tap.Read() {
		if v.Port == o.caller || v.Port == o.bot {
			continue
		}
		if n == len(o.recorded) {
			o.recorded = append(o.recorded, nil)
		}
		changed = changed || o.recorded[n] != v.Port
		o.recorded[n] = v.Port
		l.sides = append(l.sides, v.PCM)
		n++
	}
	if changed = changed || n < len(o.recorded); changed {
		o.recorded = o.recorded[:n]
		names := make([]string, n)
		for i, p := range o.recorded {
			names[i] = p.Name()
		}
		if err := l.recorder.SetOthers(names...); err != nil {
			l.unrecorded.Add(1)
		}
	}
	l.recorder.TickAll(l.sides)
}
