package mix

import "github.com/hotline-cc/hotline/media"

// Tap hears every party by itself, to record and to caption them, and nobody hears it. The routing
// does not concern it. Its methods are called by one goroutine.
type Tap struct {
	mixer  *Mixer
	ear    ear
	sum    []int32
	voices [MaxParties]Voice
}

// Voice is what one party says in a tick, at the mixer's rate.
type Voice struct {
	Port *Port
	PCM  []int16
}

// Tap returns a listener of its own place in time.
func (m *Mixer) Tap() *Tap {
	tick := m.format.TickSamples()
	t := &Tap{mixer: m, sum: make([]int32, tick)}
	for i := range t.voices {
		t.voices[i].PCM = make([]int16, tick)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.enter(&t.ear)
	return t
}

// Format returns the format of each voice.
func (t *Tap) Format() media.Format { return t.mixer.format }

// Read gives the next tick of every party that has joined, silence included, and is called once a
// tick. The voices are valid until the next call.
func (t *Tap) Read() []Voice {
	m := t.mixer
	now := m.clock.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for slot, speaker := range m.parties {
		if speaker == nil || t.ear.deaf {
			continue
		}
		clear(t.sum)
		t.ear.from[slot].hear(&speaker.voice, now, t.sum, m.ramp)
		v := &t.voices[n]
		v.Port = speaker
		limit(v.PCM, t.sum, 1)
		n++
	}
	return t.voices[:n]
}

// Close ends the listening.
func (t *Tap) Close() {
	t.mixer.mu.Lock()
	defer t.mixer.mu.Unlock()
	t.mixer.dropEar(&t.ear)
}
