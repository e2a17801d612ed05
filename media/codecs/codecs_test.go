package codecs

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/media"
)

func TestFindIgnoresCaseButNotTheClock(t *testing.T) {
	cases := []struct {
		name  string
		clock int
		want  string
	}{
		{"PCMA", 8000, "PCMA"},
		{"pcmu", 8000, "PCMU"},
		{"g722", 8000, "G722"},
		{"G722", 16000, ""},
		{"OPUS", 48000, "opus"},
		{"opus", 16000, ""},
		{"G729", 8000, ""},
	}
	for _, c := range cases {
		got, ok := Default().Find(c.name, c.clock)
		if got.Name != c.want || ok != (c.want != "") {
			t.Errorf("Find(%s, %d) = %s, %v, want %q", c.name, c.clock, got, ok, c.want)
		}
	}
}

func TestStaticPayloadTypes(t *testing.T) {
	for pt, want := range map[uint8]string{0: "PCMU", 8: "PCMA", 9: "G722", 18: "", FirstDynamic: ""} {
		if got, ok := Default().FindStatic(pt); got.Name != want || ok != (want != "") {
			t.Errorf("FindStatic(%d) = %s, %v, want %q", pt, got, ok, want)
		}
	}
}

func TestOnlyKeepsTheConfiguredOrder(t *testing.T) {
	got, err := Default().Only("pcmu", "OPUS")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("PCMU, opus", got.String()); diff != "" {
		t.Error(diff)
	}
	if _, err := Default().Only("PCMA", "speex"); err == nil {
		t.Error("an unknown name is accepted")
	}
}

func TestCodecsThatDoNotExistAreRefused(t *testing.T) {
	for _, c := range []media.Codec{
		{Name: "G729", PCMRate: 8000, RTPClock: 8000},
		{Name: "PCMA", PCMRate: 16000, RTPClock: 8000},
		{Name: "opus", PCMRate: 44100, RTPClock: 48000},
		{},
	} {
		if _, _, err := New(c); err == nil {
			t.Errorf("New(%+v) succeeds", c)
		}
	}
}

// TestEveryCodecCarriesATone sends each party's tick through its codec and looks for the tone in
// what comes out, also across a lost packet.
func TestEveryCodecCarriesATone(t *testing.T) {
	for _, c := range Default() {
		t.Run(c.Name, func(t *testing.T) {
			enc, dec, err := New(c)
			if err != nil {
				t.Fatal(err)
			}
			samples := media.Mono(c.PCMRate).TickSamples()
			var heard []int16
			for tick := range 50 {
				pcm := make([]int16, samples)
				for i := range pcm {
					at := float64(tick*samples+i) / float64(c.PCMRate)
					pcm[i] = int16(8000 * math.Sin(2*math.Pi*440*at))
				}
				payload, err := enc.Encode(nil, pcm)
				if err != nil {
					t.Fatal(err)
				}
				if tick == 30 {
					heard = dec.Conceal(heard, samples)
					continue
				}
				if heard, err = dec.Decode(heard, payload); err != nil {
					t.Fatal(err)
				}
			}
			if got := media.Mono(c.PCMRate).Duration(len(heard)); got != time.Second {
				t.Errorf("%v came out of 1 s", got)
			}
			if share := shareOf(440, c.PCMRate, heard[len(heard)/4:]); share < 0.9 {
				t.Errorf("the tone is %.2f of what is heard, want at least 0.9", share)
			}
		})
	}
}

// shareOf returns which part of the power of pcm lies at hz.
func shareOf(hz, rate int, pcm []int16) float64 {
	var re, im, power float64
	for i, s := range pcm {
		angle := 2 * math.Pi * float64(hz) * float64(i) / float64(rate)
		re += float64(s) * math.Cos(angle)
		im += float64(s) * math.Sin(angle)
		power += float64(s) * float64(s)
	}
	return 2 * (re*re + im*im) / (power * float64(len(pcm)))
}

// FuzzDecode offers any payloads of a stream to every decoder: at most 120 ms may come out of one,
// and a refused one adds nothing.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{}, []byte{0xd5})
	f.Add([]byte{0x48, 0, 0xff}, make([]byte, 961))
	f.Fuzz(func(t *testing.T, first, second []byte) {
		for _, c := range Default() {
			_, dec, err := New(c)
			if err != nil {
				t.Fatal(err)
			}
			for _, payload := range [][]byte{first, second} {
				out, err := dec.Decode(nil, payload)
				if len(out) > c.PCMRate*120/1000 || err != nil && len(out) > 0 {
					t.Fatalf("%s: %d bytes give %d samples, %v", c, len(payload), len(out), err)
				}
			}
		}
	})
}
