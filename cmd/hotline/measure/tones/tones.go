// Package tones measures lines with people who hum: each has two tones of its own and goes from one to the other every
// half second, without a break. Whoever hears some of them can be told from the sound alone how late each was, and
// where anything was cut, doubled or made up.
package tones

import (
	"math"
	"sync"
	"time"
)

// Turn is how long a voice stays on a tone.
const Turn = 500 * time.Millisecond

// level is the peak of a voice: three of them do not reach the limiter of a mixer.
const level = 6000

// Voice is two tones in Hz. Voices that are heard together need 200 Hz between any two tones.
type Voice struct{ Low, High float64 }

// Mouth says a voice and notes when it turned.
type Mouth struct {
	voice Voice
	rate  int
	n     int // samples so far
	phase float64

	mu    sync.Mutex
	turns []Moment
}

// Moment is when a voice went to its high or low tone.
type Moment struct {
	At   time.Time
	High bool
}

// NewMouth returns somebody who has not begun, at a rate in Hz.
func NewMouth(v Voice, rate int) *Mouth { return &Mouth{voice: v, rate: rate} }

// Fill says the next samples. They are meant to go out at once.
func (m *Mouth) Fill(pcm []int16) {
	now := time.Now()
	every := int(Turn.Seconds() * float64(m.rate))
	for i := range pcm {
		high := m.n/every%2 == 1
		if m.n%every == 0 {
			m.mu.Lock()
			m.turns = append(m.turns, Moment{now.Add(time.Duration(i) * time.Second / time.Duration(m.rate)), high})
			m.mu.Unlock()
		}
		hertz := m.voice.Low
		if high {
			hertz = m.voice.High
		}
		m.phase = math.Mod(m.phase+2*math.Pi*hertz/float64(m.rate), 2*math.Pi)
		pcm[i] = int16(math.Round(level * math.Sin(m.phase)))
		m.n++
	}
}

// Turns returns when it turned so far.
func (m *Mouth) Turns() []Moment {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]Moment(nil), m.turns...)
}

// Delay is how late a turn was heard.
type Delay struct {
	At    time.Time // when it was heard
	Delay time.Duration
}

// Delays matches what was heard with what was said: up to two turns later.
func Delays(said, heard []Moment) []Delay {
	var all []Delay
	at := 0
	for _, h := range heard {
		for at+1 < len(said) && !said[at+1].At.After(h.At) {
			at++
		}
		for k := at; k >= 0 && k > at-2; k-- {
			if late := h.At.Sub(said[k].At); said[k].High == h.High && late >= 0 && late < 2*Turn {
				all = append(all, Delay{h.At, late})
				break
			}
		}
	}
	return all
}
