package tone

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/media"
)

var _ media.Source = (*Generator)(nil)

func play(t testing.TB, p Pattern, rate int, length time.Duration) []int16 {
	t.Helper()
	g, err := NewGenerator(p, rate)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, samples(length, rate))
	g.ReadFrame(pcm)
	return pcm
}

func power(t testing.TB, hz float64, rate int, pcm []int16) float64 {
	t.Helper()
	d, err := NewDetector(hz, rate)
	if err != nil {
		t.Fatal(err)
	}
	return d.Power(pcm)
}

// TestCadence writes down, for each 50 ms, whether the tone sounds.
func TestCadence(t *testing.T) {
	cases := []struct {
		name    string
		pattern Pattern
		length  time.Duration
		want    string
	}{
		{"ring-back", RingBack(), 5500 * time.Millisecond, strings.Repeat("#", 20) + strings.Repeat(".", 80) + strings.Repeat("#", 10)},
		{"busy", Busy(), time.Second, "#######.......######"},
		{"beep", Beep(), 500 * time.Millisecond, "####......"},
		{"key", Dual(770, 1336, 100*time.Millisecond), 300 * time.Millisecond, "##...."},
		{"endless", Pattern{Hz: [2]float64{425}}, 400 * time.Millisecond, "########"},
		{"twice", Pattern{Hz: [2]float64{425}, On: 50 * time.Millisecond, Off: 50 * time.Millisecond, Times: 2}, 400 * time.Millisecond, "#.#....."},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var got strings.Builder
			for part := range slices.Chunk(play(t, c.pattern, 8000, c.length), 400) {
				mark := byte('.')
				if MeanPower(part) > 0 {
					mark = '#'
				}
				got.WriteByte(mark)
			}
			if diff := cmp.Diff(c.want, got.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestLevelAndFrequency(t *testing.T) {
	for _, rate := range []int{8000, 16000, 48000} {
		pcm := play(t, Pattern{Hz: [2]float64{450}, Level: -13}, rate, time.Second)[rate/10:]
		want := 10*math.Log10(math.MaxInt16*math.MaxInt16/2) - 13
		if got := 10 * math.Log10(power(t, 450, rate, pcm)); math.Abs(got-want) > 0.1 {
			t.Errorf("%d Hz: level %.2f dB, want %.2f", rate, got, want)
		}
		if share := power(t, 450, rate, pcm) / MeanPower(pcm); share < 0.999 {
			t.Errorf("%d Hz: the tone is %.4f of the power", rate, share)
		}
	}
}

func TestEveryKeyIsToldFromTheOthers(t *testing.T) {
	low, high := []float64{697, 770, 852, 941}, []float64{1209, 1336, 1477, 1633}
	for _, l := range low {
		for _, h := range high {
			pcm := play(t, Dual(l, h, 100*time.Millisecond), 8000, 100*time.Millisecond)[100:305]
			for _, hz := range slices.Concat(low, high) {
				share := power(t, hz, 8000, pcm) / MeanPower(pcm)
				if sent := hz == l || hz == h; sent && share < 0.4 || !sent && share > 0.05 {
					t.Errorf("key %v+%v Hz: %v Hz is %.2f of the power", l, h, hz, share)
				}
			}
		}
	}
}

func TestNoiseHasNoTone(t *testing.T) {
	random, pcm := rand.New(rand.NewPCG(1, 2)), make([]int16, 4000)
	for i := range pcm {
		pcm[i] = int16(random.IntN(20000) - 10000)
	}
	if share := power(t, 1000, 8000, pcm) / MeanPower(pcm); share > 0.01 {
		t.Errorf("1000 Hz is %.3f of white noise", share)
	}
	if power(t, 1000, 8000, nil) != 0 || MeanPower(nil) != 0 {
		t.Error("an empty block has power")
	}
}

func TestTonesDoNotClick(t *testing.T) {
	pcm := play(t, Busy(), 8000, time.Second)
	steepest := 2 * math.Pi * 450 / 8000 * math.MaxInt16 * math.Pow(10, networkLevel/20.0)
	for i := 1; i < len(pcm); i++ {
		if step := math.Abs(float64(pcm[i]) - float64(pcm[i-1])); step > 1.1*steepest {
			t.Fatalf("step of %.0f at sample %d, the sine has %.0f", step, i, steepest)
		}
	}
}

func TestFramesTellWhetherTheySound(t *testing.T) {
	g, err := NewGenerator(Beep(), 8000)
	if err != nil {
		t.Fatal(err)
	}
	var got []bool
	pcm := make([]int16, 800)
	for range 4 {
		got = append(got, g.ReadFrame(pcm))
	}
	if diff := cmp.Diff([]bool{true, true, false, false}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !g.Done() {
		t.Error("the beep has not ended")
	}
}

func TestRefusals(t *testing.T) {
	hz := [2]float64{450}
	for want, c := range map[string]struct {
		pattern Pattern
		rate    int
	}{
		"8000…48000":  {Pattern{Hz: hz}, 4000},
		"first":       {Pattern{}, 8000},
		"0…4000":      {Pattern{Hz: [2]float64{450, 4000}}, 8000},
		"Level 3":     {Pattern{Hz: hz, Level: 3}, 8000},
		"negative":    {Pattern{Hz: hz, Times: -1}, 8000},
		"Level NaN":   {Pattern{Hz: hz, Level: math.NaN()}, 8000},
		"Hz is not w": {Pattern{Hz: [2]float64{450, math.NaN()}}, 8000},
	} {
		if _, err := NewGenerator(c.pattern, c.rate); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v at %d: got %v, want an error with %q", c.pattern, c.rate, err, want)
		}
	}
	if _, err := NewDetector(4000, 8000); err == nil {
		t.Error("a detector at half the rate is accepted")
	}
}

func TestTheFramePathDoesNotAllocate(t *testing.T) {
	g, err := NewGenerator(RingBack(), 8000)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDetector(450, 8000)
	if err != nil {
		t.Fatal(err)
	}
	pcm, sum := make([]int16, 160), 0.0
	if n := testing.AllocsPerRun(100, func() { g.ReadFrame(pcm); sum += d.Power(pcm) }); n != 0 {
		t.Errorf("%v allocations per tick", n)
	}
}

func BenchmarkTick(b *testing.B) {
	g, err := NewGenerator(Dual(770, 1336, 0), 8000)
	if err != nil {
		b.Fatal(err)
	}
	d, err := NewDetector(770, 8000)
	if err != nil {
		b.Fatal(err)
	}
	pcm := make([]int16, 160)
	b.Run("generate", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			g.ReadFrame(pcm)
		}
	})
	b.Run("detect", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			d.Power(pcm)
		}
	})
}
