package resample

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

var rates = []int{8000, 16000, 22050, 24000, 44100, 48000}

func pairs(visit func(from, to int)) {
	for _, from := range rates {
		for _, to := range rates {
			visit(from, to)
		}
	}
}

func mustNew(t testing.TB, from, to int) *Resampler {
	t.Helper()
	r, err := New(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sine(rate int, hz, amplitude float64, n int) []int16 {
	pcm := make([]int16, n)
	for i := range pcm {
		pcm[i] = int16(math.Round(amplitude * math.Sin(2*math.Pi*hz*float64(i)/float64(rate))))
	}
	return pcm
}

// TestTonesInThePassBandStayPure compares the output with the same sine written at the output
// rate, shifted by the stated delay: the error includes droop, aliases, images and a wrong delay.
func TestTonesInThePassBandStayPure(t *testing.T) {
	pairs(func(from, to int) {
		for _, share := range []float64{0.01, 0.1, 0.3, 0.4, 0.43, 0.45} {
			hz := share * float64(min(from, to))
			t.Run(fmt.Sprintf("%d to %d at %.0f Hz", from, to, hz), func(t *testing.T) {
				r := mustNew(t, from, to)
				out := r.Process(nil, sine(from, hz, 16000, from/4))
				var signal, noise float64
				for i := to / 10; i < len(out); i++ {
					want := 16000 * math.Sin(2*math.Pi*hz*float64(i-r.Delay())/float64(to))
					signal += want * want
					noise += (want - float64(out[i])) * (want - float64(out[i]))
				}
				snr := 10 * math.Log10(signal/noise)
				want := 65.0
				if share == 0.45 {
					want = 55
				}
				if snr < want {
					t.Errorf("SNR %.1f dB, want at least %.0f", snr, want)
				}
			})
		}
	})
}

func TestTonesAboveTheLowerRateAreRemoved(t *testing.T) {
	pairs(func(from, to int) {
		if from <= to {
			return
		}
		for hz := 0.56 * float64(to); hz < float64(from)/2; hz += 0.17 * float64(to) {
			t.Run(fmt.Sprintf("%d to %d at %.0f Hz", from, to, hz), func(t *testing.T) {
				out := mustNew(t, from, to).Process(nil, sine(from, hz, 30000, from/4))
				var power float64
				tail := out[to/10:]
				for _, s := range tail {
					power += float64(s) * float64(s)
				}
				attenuation := 20*math.Log10(30000/math.Sqrt2) - 10*math.Log10(power/float64(len(tail))+1e-9)
				if attenuation < 60 {
					t.Errorf("attenuated by %.1f dB, want at least 60", attenuation)
				}
			})
		}
	})
}

func TestDelayIsAtMostFourMillisecondsAtTelephoneRates(t *testing.T) {
	pairs(func(from, to int) {
		r := mustNew(t, from, to)
		if ms := float64(r.Delay()) / float64(to) * 1000; ms > 4 {
			t.Errorf("%d to %d: delay %.2f ms", from, to, ms)
		}
	})
}

func TestTenMinutesDoNotDrift(t *testing.T) {
	for _, pair := range [][2]int{{22050, 8000}, {8000, 16000}} {
		from, to := pair[0], pair[1]
		t.Run(fmt.Sprintf("%d to %d", from, to), func(t *testing.T) {
			t.Parallel()
			// Ticks of this length are uneven at 22.05 kHz, as a careless caller might cut them.
			r, tick, in, out := mustNew(t, from, to), make([]int16, from/50+1), 0, 0
			var dst []int16
			for in < 10*60*from {
				dst = r.Process(dst[:0], tick)
				in, out = in+len(tick), out+len(dst)
			}
			if want := (in*to + from - 1) / from; out != want {
				t.Errorf("%d samples gave %d, want %d", in, out, want)
			}
		})
	}
}

func TestAnyFramingGivesTheSameOutput(t *testing.T) {
	for _, pair := range [][2]int{{8000, 16000}, {22050, 8000}, {16000, 44100}, {24000, 8000}} {
		src := sine(pair[0], 700, 12000, 3*block)
		whole := mustNew(t, pair[0], pair[1]).Process(nil, src)
		for _, piece := range []int{1, 7, 160, 441, block, block + 1} {
			r := mustNew(t, pair[0], pair[1])
			var got []int16
			for part := range slices.Chunk(src, piece) {
				got = r.Process(got, part)
			}
			if !slices.Equal(got, whole) {
				t.Errorf("%v in pieces of %d differs from one call", pair, piece)
			}
		}
	}
}

func TestFullScaleSquareWaveSaturates(t *testing.T) {
	src := make([]int16, 800)
	for i := range src {
		src[i] = math.MaxInt16
		if i/20%2 == 1 {
			src[i] = math.MinInt16
		}
	}
	out := mustNew(t, 8000, 16000).Process(nil, src)
	for i := 100; i < len(out); i++ {
		// A wrapped sample would jump over the whole range between two neighbours in a plateau.
		if phase := (i - 48) % 80; phase > 4 && phase < 36 && out[i] < 20000 {
			t.Fatalf("sample %d is %d inside a positive plateau", i, out[i])
		}
	}
}

func TestResetForgetsTheStream(t *testing.T) {
	src := sine(8000, 500, 9000, 333)
	r := mustNew(t, 8000, 22050)
	first := r.Process(nil, src)
	r.Reset()
	if again := r.Process(nil, src); !slices.Equal(first, again) {
		t.Error("output after Reset differs from a new Resampler")
	}
}

func TestRatesOutsideTheRangeAreRefused(t *testing.T) {
	for _, pair := range [][2]int{{0, 8000}, {7975, 8000}, {8000, 48025}, {8001, 16000}, {-8000, 8000}} {
		if _, err := New(pair[0], pair[1]); err == nil || !strings.Contains(err.Error(), "8000…48000") {
			t.Errorf("New(%d, %d) = %v, want an error naming the range", pair[0], pair[1], err)
		}
	}
}

func TestProcessDoesNotAllocate(t *testing.T) {
	for _, pair := range [][2]int{{8000, 16000}, {16000, 8000}, {24000, 8000}, {48000, 16000}} {
		r := mustNew(t, pair[0], pair[1])
		src, dst := make([]int16, pair[0]/50), make([]int16, 0, pair[1]/50+1)
		if n := testing.AllocsPerRun(100, func() { dst = r.Process(dst[:0], src) }); n != 0 {
			t.Errorf("%v: %v allocations per tick", pair, n)
		}
	}
}

func FuzzFraming(f *testing.F) {
	f.Add(uint8(0), uint8(1), []byte{1, 200, 3}, uint8(3))
	f.Fuzz(func(t *testing.T, a, b uint8, data []byte, piece uint8) {
		from, to := rates[int(a)%len(rates)], rates[int(b)%len(rates)]
		src := make([]int16, len(data))
		for i, v := range data {
			src[i] = int16(v) << 8
		}
		whole := mustNew(t, from, to).Process(nil, src)
		if want := (len(src)*to + from - 1) / from; len(whole) != want {
			t.Fatalf("%d to %d: %d samples gave %d, want %d", from, to, len(src), len(whole), want)
		}
		r := mustNew(t, from, to)
		var got []int16
		for part := range slices.Chunk(src, int(piece)+1) {
			got = r.Process(got, part)
		}
		if !slices.Equal(got, whole) {
			t.Fatalf("%d to %d in pieces of %d differs", from, to, int(piece)+1)
		}
	})
}

func BenchmarkTick(b *testing.B) {
	for _, pair := range [][2]int{{8000, 16000}, {16000, 8000}, {24000, 8000}, {22050, 8000}, {48000, 16000}} {
		b.Run(fmt.Sprintf("%dto%d", pair[0], pair[1]), func(b *testing.B) {
			r := mustNew(b, pair[0], pair[1])
			src, dst := sine(pair[0], 440, 9000, pair[0]/50), make([]int16, 0, pair[1]/50+1)
			b.ReportAllocs()
			for b.Loop() {
				dst = r.Process(dst[:0], src)
			}
		})
	}
}
