package mix

import (
	"time"

	"github.com/hotline-cc/hotline/media"
)

const (
	// margin is how old a frame must be for a listener to begin with it, so that neither the next
	// ones are missed nor a third one has to wait when ticks come early or late.
	margin = media.Tick / 2
	// waiting is how many frames may wait for a listener.
	waiting = 2
	// kept is how many frames of a voice are remembered: those that wait, and those before them
	// that a listener needs to leave without a click.
	kept = 8
)

// voice is what a party has said lately.
type voice struct {
	frames [kept]frame
	said   uint64 // frames so far
}

// frame is one tick at the mixer's rate.
type frame struct {
	pcm    []int16
	at     time.Time // when it was said
	silent bool
}

func newVoice(samples int) voice {
	var v voice
	all := make([]int16, kept*samples)
	for i := range v.frames {
		v.frames[i] = frame{pcm: all[i*samples : (i+1)*samples], silent: true}
	}
	return v
}

func (v *voice) frame(n uint64) *frame { return &v.frames[n%kept] }

// keep adds a tick.
func (v *voice) keep(pcm []int16, now time.Time) {
	f := v.frame(v.said)
	copy(f.pcm, pcm)
	f.at, f.silent = now, true
	for _, s := range f.pcm {
		if s != 0 {
			f.silent = false
			break
		}
	}
	v.said++
}

// ear is one who listens, with a place of its own in what everybody says.
type ear struct {
	port   *Port // nil for a tap
	from   [MaxParties]hearing
	fade   []int32 // the end of who has left, for the next tick; nil when it is not wanted
	fading int     // voices in fade
	deaf   bool    // has left itself
}

// letGo keeps the fading end of the voice in a slot for the next tick.
func (e *ear) letGo(slot int, v *voice, ramp int) {
	h := &e.from[slot]
	if e.fade != nil && h.end(v, e.fade, ramp) {
		e.fading++
	}
	*h = hearing{}
}

// hearing is where one ear is in one voice.
type hearing struct {
	next      uint64 // the frame it takes next
	following bool   // it takes one frame a tick; otherwise it waits to begin
	open      bool   // it may hear the voice
	level     int    // how much of it is heard: 0…ramp
}

// hear adds the next tick of a voice to sum and reports whether there was sound. Its place moves on
// whether it may hear the voice or not.
func (h *hearing) hear(v *voice, now time.Time, sum []int32, ramp int) (sounds bool) {
	if !h.following && !h.begin(v, now) {
		return false
	}
	if h.next == v.said { // the party has stopped ticking, or is late
		h.following = false
		return h.end(v, sum, ramp)
	}
	if v.said-h.next > waiting {
		sounds = h.skip(v, sum, ramp)
	}
	f := v.frame(h.next)
	h.next++
	if f.silent {
		h.level = 0
		if h.open {
			h.level = ramp
		}
		return sounds
	}
	return h.add(sum, f.pcm, ramp) || sounds
}

// begin finds the latest frame that is old enough and reports whether there is one.
func (h *hearing) begin(v *voice, now time.Time) bool {
	for n := v.said; n > h.next && v.said-n < kept; n-- {
		if now.Sub(v.frame(n-1).at) >= margin {
			h.next, h.following = n-1, true
			return true
		}
	}
	return false
}

// skip goes on to the latest frames that may wait. What comes before them fades while they appear.
func (h *hearing) skip(v *voice, sum []int32, ramp int) (sounds bool) {
	if v.said-h.next < kept {
		sounds = h.end(v, sum, ramp)
	}
	h.next, h.level = v.said-waiting, 0
	return sounds
}

// add adds a tick, moving the level towards where it should be.
func (h *hearing) add(sum []int32, pcm []int16, ramp int) (sounds bool) {
	target, step := 0, -1
	if h.open {
		target, step = ramp, 1
	}
	if h.level == 0 && target == 0 {
		return false
	}
	i := 0
	for ; h.level != target; i++ {
		h.level += step
		sum[i] += int32(pcm[i]) * int32(h.level) / int32(ramp)
	}
	if h.level == 0 {
		return true
	}
	for ; i < len(pcm); i++ {
		sum[i] += int32(pcm[i])
	}
	return true
}

// end adds the fading end of a voice: from the frame that comes next or, when there is none, the
// last one backwards, which begins where it ended.
func (h *hearing) end(v *voice, sum []int32, ramp int) (sounds bool) {
	if h.level == 0 {
		return false
	}
	ahead := h.next < v.said
	f := v.frame(h.next)
	if !ahead {
		f = v.frame(h.next - 1)
	}
	for i := 0; h.level > 0; i++ {
		h.level--
		s := f.pcm[i]
		if !ahead {
			s = f.pcm[len(f.pcm)-1-i]
		}
		sum[i] += int32(s) * int32(h.level) / int32(ramp)
	}
	return !f.silent
}
