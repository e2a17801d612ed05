package mix

import (
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/tone"
)

// sings says a sine from one tick to the next without a break.
func sings(rate int, hz, peak float64) func(pcm []int16, n int) {
	return func(pcm []int16, n int) {
		for i := range pcm {
			pcm[i] = int16(math.Round(peak * math.Sin(2*math.Pi*hz*float64(n*len(pcm)+i)/float64(rate))))
		}
	}
}

// power returns the level of a frequency in pcm in dB below a sine of a peak.
func power(t *testing.T, pcm []int16, hz float64, rate int, peak float64) float64 {
	t.Helper()
	d, err := tone.NewDetector(hz, rate)
	if err != nil {
		t.Fatal(err)
	}
	return 10 * math.Log10(d.Power(pcm)/(peak*peak/2)+1e-12)
}

// steepest returns the largest step from one sample to the next.
func steepest(pcm []int16) (step int, at int) {
	for i := 1; i < len(pcm); i++ {
		if d := int(math.Abs(float64(pcm[i]) - float64(pcm[i-1]))); d > step {
			step, at = d, i
		}
	}
	return step, at
}

// slope is the largest step of a sine.
func slope(rate int, hz, peak float64) float64 {
	return 2 * peak * math.Sin(math.Pi*hz/float64(rate))
}

func TestThreePartiesOfDifferentRatesHearTheOtherTwo(t *testing.T) {
	const peak = 8000
	parties := []struct {
		rate int
		hz   float64
	}{{8000, 500}, {16000, 850}, {48000, 1250}}
	for _, rate := range []int{8000, 16000, 48000} {
		t.Run(fmt.Sprintf("mixed at %d Hz", rate), func(t *testing.T) {
			r := newRoom(t, rate)
			heard := make([][]int16, len(parties))
			for i, p := range parties {
				l := r.join(fmt.Sprint(p.rate), p.rate, time.Duration(r.chance.Int64N(int64(media.Tick))))
				l.jitter = 5 * time.Millisecond
				l.says = sings(p.rate, p.hz, peak)
				l.hears = func(pcm []int16, _ time.Duration) { heard[i] = append(heard[i], pcm...) }
			}
			r.run(5 * time.Second)
			for i, p := range parties {
				settled := heard[i][p.rate : 4*p.rate] // whole periods of every tone
				var most float64
				for j, other := range parties {
					level := power(t, settled, other.hz, p.rate, peak)
					if i == j && level > -60 {
						t.Errorf("%d Hz hears itself at %.1f dB", p.rate, level)
					}
					if i != j && math.Abs(level) > 0.1 {
						t.Errorf("%d Hz hears %d Hz at %.2f dB, want 0", p.rate, other.rate, level)
					}
					if i != j {
						most += slope(p.rate, other.hz, peak)
					}
				}
				noise := tone.MeanPower(settled)/(2*peak*peak/2) - 1
				if math.Abs(noise) > 0.01 {
					t.Errorf("%d Hz: %.3f of the power is neither of the two", p.rate, noise)
				}
				if step, at := steepest(heard[i]); float64(step) > 1.02*most {
					t.Errorf("%d Hz: a click of %d at sample %d, the tones have at most %.0f", p.rate, step, at, most)
				}
			}
		})
	}
}

func TestLatencyBetweenRates(t *testing.T) {
	// A beep begins at a known moment; what is measured is when half of it is heard.
	for _, to := range []int{8000, 16000, 48000} {
		r := newRoom(t, 16000)
		a, b := r.join("a", 8000, 0), r.join("b", to, 12*time.Millisecond)
		const beginning = 100 * media.Tick
		beep := sings(8000, 500, 8000)
		a.says = func(pcm []int16, n int) {
			if n >= 100 {
				beep(pcm, n)
			}
		}
		var began time.Duration
		b.hears = func(pcm []int16, at time.Duration) {
			for i, s := range pcm {
				if began == 0 && s > 4000 {
					began = at + time.Duration(i)*time.Second/time.Duration(to)
				}
			}
		}
		r.run(3 * time.Second)
		// 12 ms between the ticks, 3 ms for each conversion, 1/6 of a ms to half of the peak.
		if late := began - beginning; late < 12*time.Millisecond || late > 19*time.Millisecond {
			t.Errorf("8000 to %d Hz: %v late", to, late)
		}
	}
}

// TestWhatComesAndGoesDoesNotClick lets a listener hear a tone through everything that happens.
func TestWhatComesAndGoesDoesNotClick(t *testing.T) {
	const peak, hz = 8000, 310.0
	for name, happens := range map[string]func(r *room, a, b *leg, at int){
		"a route opens and closes": func(r *room, _, _ *leg, at int) {
			r.mixer.Route(func(_, _ *Port) bool { return at%2 == 0 })
		},
		"the speaker leaves and joins": func(r *room, a, _ *leg, _ int) {
			a.Leave()
			p, err := r.mixer.Join("a", media.Mono(16000))
			if err != nil {
				r.t.Fatal(err)
			}
			a.Port = p
		},
		"the speaker stalls": func(_ *room, a, _ *leg, at int) {
			a.skips = func(n int) bool { return n/8 == at }
		},
		"the listener catches up": func(r *room, a, _ *leg, _ int) { r.tick(a) },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, 16000)
			a, b := r.join("a", 16000, 3*time.Millisecond), r.join("b", 16000, time.Duration(r.chance.Int64N(int64(media.Tick))))
			a.says = sings(16000, hz, peak)
			var heard []int16
			b.hears = func(pcm []int16, _ time.Duration) { heard = append(heard, pcm...) }
			for at := range 40 {
				r.run(time.Duration(at) * 157 * time.Millisecond)
				happens(r, a, b, at)
			}
			// A fade adds the peak over 5 ms to the slope of the tone, and twice that where it turns.
			most := slope(16000, hz, peak) + 2*peak/80.0
			if step, at := steepest(heard); float64(step) > most {
				t.Errorf("a click of %d at sample %d, want at most %.0f", step, at, most)
			}
			if level := power(t, heard, hz, 16000, peak); level < -20 {
				t.Errorf("the tone is at %.1f dB", level)
			}
		})
	}
}

func TestASupervisorListensWithoutBeingHeard(t *testing.T) {
	r := newRoom(t, 16000)
	caller, agent := r.join("caller", 8000, 0), r.join("agent", 16000, 5*time.Millisecond)
	caller.says, agent.says = sings(8000, 500, 8000), sings(16000, 850, 8000)
	whispers := false
	r.mixer.Route(func(listener, speaker *Port) bool {
		return speaker.Name() != "supervisor" || whispers && listener.Name() == "agent"
	})
	r.run(time.Second)
	supervisor := r.join("supervisor", 16000, 9*time.Millisecond)
	supervisor.says = sings(16000, 1250, 8000)
	heard := map[*leg][]int16{}
	for _, l := range r.legs {
		l.hears = func(pcm []int16, _ time.Duration) { heard[l] = append(heard[l], pcm...) }
	}
	r.run(3 * time.Second)
	// Not for one frame: the agent, who hears the caller's 500 Hz, hears nothing but that.
	got := heard[agent]
	for i := 1600; i+800 < len(got); i += 320 {
		if level := power(t, got[i:i+800], 1250, 16000, 8000); level > -40 {
			t.Fatalf("the supervisor is heard at %.1f dB, sample %d", level, i)
		}
	}
	s := heard[supervisor]
	if s = s[len(s)-16000:]; power(t, s, 500, 16000, 8000) < -0.1 || power(t, s, 850, 16000, 8000) < -0.1 {
		t.Error("the supervisor does not hear both")
	}
	whispers = true
	r.mixer.Route(r.mixer.may)
	r.run(5 * time.Second)
	c, a := heard[caller], heard[agent]
	if level := power(t, c[len(c)-8000:], 1250, 8000, 8000); level > -60 {
		t.Errorf("whispering to the agent the caller hears %.1f dB", level)
	}
	if level := power(t, a[len(a)-16000:], 1250, 16000, 8000); level < -0.1 {
		t.Errorf("whispering the agent hears %.1f dB", level)
	}
}

func TestLoudTalkersNeitherWrapNorClip(t *testing.T) {
	for sum := int32(-MaxParties * 32768); sum <= MaxParties*32768; sum++ {
		got := Soften(sum)
		switch {
		case -knee <= sum && sum <= knee && int32(got) != sum:
			t.Fatalf("Soften(%d) = %d below the knee", sum, got)
		case got < Soften(sum-1), got != -Soften(-sum):
			t.Fatalf("Soften(%d) = %d falls or is not even", sum, got)
		case 2*32767 >= sum && sum >= 32767 && got > 32000:
			t.Fatalf("Soften(%d) = %d leaves no room above", sum, got)
		}
	}
	r := newRoom(t, 16000)
	a, b, c := r.join("a", 16000, 0), r.join("b", 16000, 0), r.join("c", 16000, 0)
	a.says, b.says = sings(16000, 400, 32000), sings(16000, 700, 32000)
	var heard []int16
	c.hears = func(pcm []int16, _ time.Duration) { heard = append(heard, pcm...) }
	r.run(2 * time.Second)
	if step, at := steepest(heard); float64(step) > slope(16000, 400, 32000)+slope(16000, 700, 32000) {
		t.Errorf("a step of %d at sample %d", step, at)
	}
}

func TestATapGivesEveryPartyByItself(t *testing.T) {
	r := newRoom(t, 16000)
	a, b := r.join("a", 16000, 0), r.join("b", 16000, 10*time.Millisecond)
	a.says = counting
	b.says = func(pcm []int16, n int) {
		counting(pcm, n)
		for i := range pcm {
			pcm[i] = -pcm[i]
		}
	}
	r.mixer.Route(func(_, _ *Port) bool { return false })
	tap := r.mixer.Tap()
	said := map[string][]int16{}
	for at := range 500 {
		r.run(time.Duration(at)*media.Tick + 15*time.Millisecond)
		for _, v := range tap.Read() {
			said[v.Port.Name()] = append(said[v.Port.Name()], v.PCM...)
		}
	}
	for name, sign := range map[string]int16{"a": 1, "b": -1} {
		pcm := said[name]
		if len(pcm) != 500*320 {
			t.Errorf("%s: %d samples, want %d", name, len(pcm), 500*320)
		}
		for i := len(pcm) - 490*320; i < len(pcm); i++ {
			if next := place(int(sign * pcm[i-1])); sign*pcm[i] != next {
				t.Fatalf("%s: %d follows %d", name, pcm[i], pcm[i-1])
			}
		}
	}
	a.Leave()
	var names []string
	for _, v := range tap.Read() {
		names = append(names, v.Port.Name())
	}
	if diff := cmp.Diff([]string{"b"}, names); diff != "" {
		t.Errorf("who is there (-want +got):\n%s", diff)
	}
	tap.Close()
	if left := tap.Read(); len(left) != 0 {
		t.Errorf("a closed tap gives %d voices", len(left))
	}
}

func TestAPortThatHasLeftIsSilent(t *testing.T) {
	r := newRoom(t, 16000)
	a, b := r.join("a", 8000, 0), r.join("b", 8000, 5*time.Millisecond)
	a.says, b.says = sings(8000, 500, 8000), sings(8000, 500, 8000)
	r.run(time.Second)
	b.Leave()
	b.Leave()
	r.tick(b) // the end of what it heard
	for range 5 {
		if b.ReadFrame(b.pcm) || tone.MeanPower(b.pcm) != 0 {
			t.Fatal("it still hears")
		}
	}
	r.run(2 * time.Second)
	if tone.MeanPower(a.pcm) != 0 {
		t.Error("it is still heard")
	}
}

// TestLegsTickFromManyGoroutines is for the race detector.
func TestLegsTickFromManyGoroutines(t *testing.T) {
	m, err := New(16000, nil)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			pcm := make([]int16, 160)
			for n := range 40 {
				p, err := m.Join(fmt.Sprint(i), media.Mono(8000))
				if err != nil {
					t.Error(err)
					return
				}
				for range 20 {
					sings(8000, 500, 8000)(pcm, n)
					_ = p.WriteFrame(media.Frame{PCM: pcm})
					p.ReadFrame(pcm)
				}
				p.Leave()
			}
		})
	}
	wg.Go(func() {
		tap := m.Tap()
		defer tap.Close()
		for n := range 200 {
			tap.Read()
			m.Route(func(listener, _ *Port) bool { return n%2 == 0 || listener.Name() == "1" })
		}
	})
	wg.Wait()
}

// conference lets so many parties of mixed rates sing, and returns a tick of all of them.
func conference(tb testing.TB, parties int) (tick func()) {
	r := newRoom(tb, 16000)
	for i := range parties {
		rate := []int{8000, 16000, 48000}[i%3]
		l := r.join(fmt.Sprint(i), rate, time.Duration(i)*time.Millisecond)
		l.says = func(pcm []int16, _ int) {
			for i := range pcm {
				pcm[i] = 1000
			}
		}
	}
	tap := r.mixer.Tap()
	return func() {
		r.run(r.clock.now.Sub(r.start) + media.Tick)
		tap.Read()
	}
}

func TestTicksDoNotAllocate(t *testing.T) {
	for _, parties := range []int{3, MaxParties} {
		tick := conference(t, parties)
		tick()
		if n := testing.AllocsPerRun(200, tick); n != 0 {
			t.Errorf("%d parties: %v allocations a tick", parties, n)
		}
	}
}

func BenchmarkTick(b *testing.B) {
	for _, parties := range []int{3, MaxParties} {
		b.Run(fmt.Sprintf("%d parties of mixed rates", parties), func(b *testing.B) {
			tick := conference(b, parties)
			tick()
			b.ReportAllocs()
			for b.Loop() {
				tick()
			}
		})
	}
}
