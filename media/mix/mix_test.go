package mix

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
)

// handClock stands where it was put.
type handClock struct{ now time.Time }

func (c *handClock) Now() time.Time                       { return c.now }
func (c *handClock) After(time.Duration) <-chan time.Time { panic("the mixer does not wait") }

// room is a mixer whose parties tick in simulated time.
type room struct {
	t      testing.TB
	mixer  *Mixer
	clock  *handClock
	start  time.Time
	legs   []*leg
	chance *rand.Rand
}

// leg is a party with a phase of its own within the tick.
type leg struct {
	*Port
	phase  time.Duration
	jitter time.Duration                       // a tick comes late by up to this
	says   func(pcm []int16, n int)            // fills tick n; nil is silence
	hears  func(pcm []int16, at time.Duration) // is given what it hears
	skips  func(n int) bool                    // ticks that do not happen; nil is none
	ticks  int
	due    time.Duration
	pcm    []int16
}

func newRoom(t testing.TB, rate int) *room {
	t.Helper()
	clock := &handClock{now: time.Unix(1000, 0)}
	m, err := New(rate, clock)
	if err != nil {
		t.Fatal(err)
	}
	seed := rand.Uint64()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	})
	return &room{t: t, mixer: m, clock: clock, start: clock.now, chance: rand.New(rand.NewPCG(seed, 0))}
}

// join lets a party in whose next tick is the first one at its phase.
func (r *room) join(name string, rate int, phase time.Duration) *leg {
	r.t.Helper()
	p, err := r.mixer.Join(name, media.Mono(rate))
	if err != nil {
		r.t.Fatal(err)
	}
	l := &leg{Port: p, phase: phase, pcm: make([]int16, rate/50)}
	for l.phase+time.Duration(l.ticks)*media.Tick < r.clock.now.Sub(r.start) {
		l.ticks++
	}
	r.schedule(l)
	r.legs = append(r.legs, l)
	return l
}

func (r *room) schedule(l *leg) {
	l.due = l.phase + time.Duration(l.ticks)*media.Tick
	if l.jitter > 0 {
		l.due += time.Duration(r.chance.Int64N(int64(l.jitter)))
	}
}

// run ticks every leg in the order of their moments until a time since the start.
func (r *room) run(until time.Duration) {
	for {
		next := r.legs[0]
		for _, l := range r.legs {
			if l.due < next.due {
				next = l
			}
		}
		if next.due >= until {
			r.clock.now = r.start.Add(until)
			return
		}
		r.clock.now = r.start.Add(next.due)
		r.tick(next)
	}
}

func (r *room) tick(l *leg) {
	if l.skips == nil || !l.skips(l.ticks) {
		clear(l.pcm)
		if l.says != nil {
			l.says(l.pcm, l.ticks)
		}
		if err := l.WriteFrame(media.Frame{PCM: l.pcm, At: time.Duration(l.ticks) * media.Tick}); err != nil {
			r.t.Fatal(err)
		}
		l.ReadFrame(l.pcm)
		if l.hears != nil {
			l.hears(l.pcm, l.due)
		}
	}
	l.ticks++
	r.schedule(l)
}

// counting says samples that tell their own place, never 0.
func counting(pcm []int16, n int) {
	for i := range pcm {
		pcm[i] = place(n*len(pcm) + i)
	}
}

const countUpTo = 32000

func place(n int) int16 { return int16(n%countUpTo) + 1 }

// follower checks that what is heard goes on sample by sample, and how late it is.
type follower struct {
	phase            time.Duration // of the speaker
	begun            bool
	next             int // place of the next sample
	breaks           int
	earliest, latest time.Duration
}

// take looks at a tick heard at a moment, after the first one, whose beginning is faded.
func (f *follower) take(pcm []int16, at time.Duration) {
	last := pcm[len(pcm)-1]
	if last == 0 {
		if f.begun {
			f.breaks++
		}
		f.begun = false
		return
	}
	if f.begun {
		for i, s := range pcm {
			if s != place(f.next+i) {
				f.breaks++
				break
			}
		}
	}
	f.begun = true
	f.next = int(last)
	// The count wraps every 100 ticks at 16 kHz, far longer than any delay.
	const round = countUpTo / 320 * media.Tick
	said := f.phase + time.Duration((int(last)-1)/len(pcm))*media.Tick
	delay := ((at-said)%round + round) % round
	if f.earliest == 0 || delay < f.earliest {
		f.earliest = delay
	}
	f.latest = max(f.latest, delay)
}

func TestTenMinutesLoseAndDoubleNothing(t *testing.T) {
	const jitter = 5 * time.Millisecond // of each leg, so 10 ms against each other
	for round := range 10 {
		r := newRoom(t, 16000)
		legs := make([]*leg, 3)
		for i, name := range []string{"caller", "agent", "consulted"} {
			phase := time.Duration(r.chance.Int64N(int64(media.Tick)))
			legs[i] = r.join(name, 16000, phase)
			legs[i].says, legs[i].jitter = counting, jitter
		}
		// Each hears one other, so that every sample can be told.
		r.mixer.Route(func(listener, speaker *Port) bool {
			for i, l := range legs {
				if l.Port == listener {
					return speaker == legs[(i+1)%3].Port
				}
			}
			return false
		})
		follow := make([]follower, 3)
		for i, l := range legs {
			follow[i] = follower{phase: legs[(i+1)%3].phase}
			l.hears = follow[i].take
		}
		length := 10 * time.Minute
		if round > 0 {
			length = 10 * time.Second
		}
		r.run(length)
		for i, f := range follow {
			if f.breaks != 0 || !f.begun {
				t.Errorf("round %d, %v hears %v: %d breaks", round, legs[i].phase, f.phase, f.breaks)
			}
			// Half a tick to one and a half, and the jitter of both ticks.
			if f.earliest < 5*time.Millisecond || f.latest >= 40*time.Millisecond {
				t.Errorf("round %d: heard %v…%v late", round, f.earliest, f.latest)
			}
			if drift := f.latest - f.earliest; drift > jitter {
				t.Errorf("round %d: the delay moved by %v", round, drift)
			}
		}
	}
}

// TestWhateverTicksAtMostTwoFramesWait lets legs stall, skip ticks and catch up at random.
func TestWhateverTicksAtMostTwoFramesWait(t *testing.T) {
	r := newRoom(t, 16000)
	a, b := r.join("a", 16000, 0), r.join("b", 16000, 0)
	a.says = counting
	newest := 0
	for range 100000 {
		r.clock.now = r.clock.now.Add(time.Duration(r.chance.Int64N(int64(media.Tick))))
		if r.chance.IntN(2) == 0 {
			r.tick(a)
			newest = a.ticks * 320
			continue
		}
		b.ReadFrame(b.pcm)
		last := b.pcm[len(b.pcm)-1]
		if last == 0 {
			continue
		}
		// Heard is the newest frame, or the one before it.
		if late := ((newest-int(last))%countUpTo + countUpTo) % countUpTo; late > 320 {
			t.Fatalf("heard %d samples behind what was said last", late)
		}
	}
}

func TestALegThatStopsDoesNotHurtTheOthers(t *testing.T) {
	r := newRoom(t, 16000)
	a, b, gone := r.join("a", 16000, 0), r.join("b", 16000, 7*time.Millisecond), r.join("gone", 16000, 3*time.Millisecond)
	a.says = counting
	gone.skips = func(n int) bool { return n > 50 && n < 500 }
	f, back := follower{phase: 0}, follower{phase: 0}
	b.hears, gone.hears = f.take, back.take
	r.run(9 * time.Second)
	if f.breaks != 0 || !f.begun {
		t.Errorf("%d breaks while another leg was away", f.breaks)
	}
	back = follower{phase: 0}
	r.run(15 * time.Second)
	if back.breaks > 1 || back.latest > 2*media.Tick {
		t.Errorf("back again it hears with %d breaks, %v late", back.breaks, back.latest)
	}
}

func TestOneTalkerPassesAsItIs(t *testing.T) {
	r := newRoom(t, 8000)
	a, b, c := r.join("a", 8000, 0), r.join("b", 8000, 0), r.join("c", 8000, 0)
	loud := make([]int16, 160)
	for i := range loud {
		loud[i] = []int16{32767, -32768, 32767, 5}[i%4]
	}
	a.says = func(pcm []int16, _ int) { copy(pcm, loud) }
	var heard []int16
	b.hears = func(pcm []int16, _ time.Duration) { heard = append(heard[:0], pcm...) }
	r.run(time.Second)
	if diff := cmp.Diff(loud, heard); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	a.hears = func(pcm []int16, _ time.Duration) {
		for _, s := range pcm {
			if s != 0 {
				t.Fatal("it hears itself")
			}
		}
	}
	_ = c
	r.run(2 * time.Second)
}

func TestMixersAndPartiesThatCannotWorkAreRefused(t *testing.T) {
	for _, rate := range []int{0, 7999, 8001, 48050} {
		if _, err := New(rate, nil); hotline.CodeOf(err) != hotline.CodeUnsupported {
			t.Errorf("New(%d): %v", rate, err)
		}
	}
	r := newRoom(t, 16000)
	r.join("a", 8000, 0)
	for name, tc := range map[string]struct {
		name   string
		format media.Format
		want   hotline.Code
	}{
		"stereo":        {"b", media.Format{Rate: 8000, Channels: 2}, hotline.CodeUnsupported},
		"broken ticks":  {"b", media.Mono(8025), hotline.CodeUnsupported},
		"the same name": {"a", media.Mono(8000), hotline.CodeConflict},
	} {
		if _, err := r.mixer.Join(tc.name, tc.format); hotline.CodeOf(err) != tc.want {
			t.Errorf("%s: %v, want %s", name, err, tc.want)
		}
	}
	for i := range MaxParties - 1 {
		r.join(string(rune('b'+i)), 8000, 0)
	}
	if _, err := r.mixer.Join("more", media.Mono(8000)); hotline.CodeOf(err) != hotline.CodeOverload {
		t.Errorf("party %d: %v", MaxParties+1, err)
	}
	r.legs[3].Leave()
	r.join("more", 8000, 0)
	if err := r.legs[0].WriteFrame(media.Frame{PCM: make([]int16, 159)}); hotline.CodeOf(err) != hotline.CodeInvalid {
		t.Errorf("a short frame: %v", err)
	}
}
