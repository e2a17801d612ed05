package call

import (
	"slices"
	"sync"
	"time"

	"github.com/hotline-cc/hotline/media"
)

// mouth is the one paced way out of a call: a queue of utterances that the leg reads frame by
// frame. It can be held and released without losing a sample. Dropping bumps its generation, and
// sound of older generations is thrown away when it arrives.
//
// The frame path takes its lock for a copy of 20 ms; writers hold it no longer than an append.
type mouth struct {
	format media.Format
	clock  media.Clock

	mu         sync.Mutex
	generation int
	queue      []*utterance
	held       bool
	fade       int // samples since sound was resumed, for a ramp against clicks
	sent       int // samples sent since answering was called
	ranDry     uint64
	marks      []mark
	wake       chan struct{} // something was marked
	playing    bool          // music, while nothing is said
	music      []int16       // made when it is played first
	beat       int           // of it
}

// utterance is one prompt on its way out.
type utterance struct {
	id         int
	generation int
	pcm        []int16
	pos        int
	complete   bool // everything has been appended
	protected  bool
	aside      bool // a filler: it neither counts as speaking nor is it interrupted
}

// mark tells the owner of the call what became of an utterance.
type mark struct {
	id     int
	what   markKind
	at     time.Time
	heard  time.Duration
	length time.Duration
}

type markKind int

const (
	markStarted  markKind = iota // its first sample was sent
	markFinished                 // it was heard to its end
	markDropped                  // it was stopped after heard
)

// rewind is how far speech goes back when it is released, so that no syllable is lost.
const rewind = 200 * time.Millisecond

// rampSamples is the length of the ramp at each resumption.
const rampSamples = 80

func newMouth(format media.Format, clock media.Clock) *mouth {
	return &mouth{format: format, clock: clock, wake: make(chan struct{}, 1)}
}

// Format returns the format of the frames that are read.
func (m *mouth) Format() media.Format { return m.format }

// ReadFrame fills pcm with the next frame; see media.Source.
func (m *mouth) ReadFrame(pcm []int16) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.held || len(m.queue) == 0 || len(m.queue[0].pcm) == 0 {
		m.fade = 0
		return m.play(pcm)
	}
	u := m.queue[0]
	if u.pos == 0 && len(u.pcm) > 0 {
		m.mark(u, markStarted)
	}
	n := copy(pcm, u.pcm[u.pos:])
	if n < len(pcm) && !u.complete {
		m.ranDry++ // wait for a whole frame, a gap at a frame's edge is less heard than two
		m.fade = 0
		return false
	}
	u.pos += n
	m.sent += n
	clear(pcm[n:])
	for i := 0; i < n && m.fade < rampSamples; i++ {
		pcm[i] = int16(int(pcm[i]) * m.fade / rampSamples)
		m.fade++
	}
	if u.complete && u.pos == len(u.pcm) {
		m.mark(u, markFinished)
		m.queue = m.queue[:copy(m.queue, m.queue[1:])]
	}
	return n > 0
}

// play fills pcm with music, when there is any. It fades in where it begins.
func (m *mouth) play(pcm []int16) bool {
	if !m.playing {
		return false
	}
	for i := range pcm {
		pcm[i] = m.music[m.beat%len(m.music)]
		if m.beat < m.format.Rate { // a second
			pcm[i] = int16(int(pcm[i]) * m.beat / m.format.Rate)
		}
		m.beat++
	}
	return true
}

// accompany has music play while nothing is said, or ends that. One goroutine calls it.
func (m *mouth) accompany(on bool) {
	if on && m.music == nil {
		music := holdMusic(m.format.Rate) // takes longer than the frame path may wait
		m.mu.Lock()
		m.music = music
		m.mu.Unlock()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if on != m.playing {
		m.playing, m.beat = on, 0
	}
}

// open queues an utterance whose sound will be appended. An aside goes ahead of what has not begun.
func (m *mouth) open(id int, protected, aside bool) *utterance {
	m.mu.Lock()
	defer m.mu.Unlock()
	u := &utterance{id: id, generation: m.generation, protected: protected, aside: aside}
	at := len(m.queue)
	if aside && at > 0 && m.queue[0].pos == 0 {
		at = 0
	}
	m.queue = slices.Insert(m.queue, at, u)
	return u
}

// append adds sound and reports whether the utterance is still wanted.
func (m *mouth) append(u *utterance, pcm []int16) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if u.generation != m.generation {
		return false
	}
	u.pcm = append(u.pcm, pcm...)
	return true
}

// close ends an utterance: all its sound has been appended.
func (m *mouth) close(u *utterance) {
	m.mu.Lock()
	defer m.mu.Unlock()
	u.complete = true
	if u.generation == m.generation && len(u.pcm) == 0 { // nothing to read: nobody would finish it
		for i, q := range m.queue {
			if q == u {
				m.queue = append(m.queue[:i], m.queue[i+1:]...)
				m.mark(u, markFinished)
				break
			}
		}
	}
}

// hold pauses the sound where it is.
func (m *mouth) hold() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.held = true
}

// release goes on a little before where hold stopped.
func (m *mouth) release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.held && len(m.queue) > 0 {
		u := m.queue[0]
		u.pos = max(0, u.pos-m.samples(rewind))
	}
	m.held = false
}

// drop throws away everything that was to be said. An aside that has begun may be heard out: cut
// short it would only be noise before the answer.
func (m *mouth) drop(asides bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.generation++
	kept := m.queue[:0]
	for _, u := range m.queue {
		if u.aside && !asides && u.pos > 0 {
			u.generation = m.generation
			kept = append(kept, u)
			continue
		}
		m.mark(u, markDropped)
	}
	m.queue = kept
	m.held = false
}

// status is what the floor has to know about our side.
type status struct {
	talking   bool          // something is being said or held
	protected bool          // and must not be stopped
	remaining time.Duration // what is left of it
	heard     time.Duration // what was sent since answering was called
	idle      bool          // nothing is queued at all
	playing   bool          // music, then
	id        int           // of the utterance being said, 0 when there is none
	position  time.Duration // in it
	length    time.Duration // of it, 0 while more of it is on its way
}

func (m *mouth) status() status {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := status{heard: m.format.Duration(m.sent), idle: len(m.queue) == 0, playing: m.playing}
	for _, u := range m.queue {
		if u.aside {
			continue
		}
		s.talking = s.talking || len(u.pcm) > 0
		s.remaining += m.format.Duration(len(u.pcm) - u.pos)
		if !u.complete {
			s.remaining += time.Second // more is on its way
		}
	}
	if len(m.queue) > 0 {
		u := m.queue[0]
		s.protected, s.id, s.position = u.protected, u.id, m.format.Duration(u.pos)
		if u.complete {
			s.length = m.format.Duration(len(u.pcm))
		}
	}
	return s
}

// answering begins a new count of what is heard.
func (m *mouth) answering() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sent = 0
}

// takeMarks returns what has happened since it was called last, appended to dst.
func (m *mouth) takeMarks(dst []mark) []mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	dst = append(dst, m.marks...)
	m.marks = m.marks[:0]
	return dst
}

func (m *mouth) mark(u *utterance, what markKind) {
	m.marks = append(m.marks, mark{u.id, what, m.clock.Now(), m.format.Duration(u.pos), m.format.Duration(len(u.pcm))})
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *mouth) samples(d time.Duration) int {
	return int(d * time.Duration(m.format.Rate) / time.Second)
}
