package g711

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var laws = map[string]Law{"A-law": ALaw, "µ-law": MuLaw}

// TestCodesOfTheStandard takes its rows from the value columns of G.711 tables 1a and 2a, scaled
// to 16 bits.
func TestCodesOfTheStandard(t *testing.T) {
	cases := []struct {
		name string
		law  Law
		code byte
		want int16
	}{
		{"A-law smallest positive", ALaw, 0xd5, 8},
		{"A-law smallest negative", ALaw, 0x55, -8},
		{"A-law largest positive", ALaw, 0xaa, 32256},
		{"A-law largest negative", ALaw, 0x2a, -32256},
		{"µ-law positive zero", MuLaw, 0xff, 0},
		{"µ-law negative zero", MuLaw, 0x7f, 0},
		{"µ-law first step", MuLaw, 0xfe, 8},
		{"µ-law largest positive", MuLaw, 0x80, 32124},
		{"µ-law largest negative", MuLaw, 0x00, -32124},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := c.law.AppendPCM(nil, []byte{c.code}); got[0] != c.want {
				t.Errorf("code %#02x decodes to %d, want %d", c.code, got[0], c.want)
			}
			back := c.law.Append(nil, []int16{c.want})[0]
			if c.want != 0 && back != c.code {
				t.Errorf("%d encodes to %#02x, want %#02x", c.want, back, c.code)
			}
		})
	}
}

func TestSilence(t *testing.T) {
	got := append(ALaw.Append(nil, []int16{0}), MuLaw.Append(nil, []int16{0})...)
	if want := []byte{0xd5, 0xff}; !cmp.Equal(got, want) {
		t.Errorf("zero encodes to %#x, want %#x", got, want)
	}
}

func TestEverySampleComesBackWithinHalfAStep(t *testing.T) {
	for name, law := range laws {
		values := law.AppendPCM(nil, allCodes())
		for s := math.MinInt16; s <= math.MaxInt16; s++ {
			got := values[law.Append(nil, []int16{int16(s)})[0]]
			// Half of the step of the segment: 1/32 of the segment's start, and at least that
			// of the lowest segment. The top of the range is clipped.
			limit := max(8, math.Abs(float64(s))/32+8)
			if diff := math.Abs(float64(got) - float64(s)); diff > limit && math.Abs(float64(s)) < 32124 {
				t.Fatalf("%s: %d comes back as %d", name, s, got)
			}
		}
	}
}

func TestEveryCodeSurvivesDecodingAndEncoding(t *testing.T) {
	for name, law := range laws {
		codes := allCodes()
		got := law.Append(nil, law.AppendPCM(nil, codes))
		if law == MuLaw {
			codes[0x7f] = 0xff // negative zero becomes zero
		}
		if diff := cmp.Diff(codes, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func allCodes() []byte {
	codes := make([]byte, 256)
	for i := range codes {
		codes[i] = byte(i)
	}
	return codes
}

func TestAnyPayloadUpToTheLimitDecodes(t *testing.T) {
	d, err := NewDecoder(ALaw)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1, 80, 159, 160, 240, 480, maxPayload} {
		if out, err := d.Decode(nil, make([]byte, n)); err != nil || len(out) != n {
			t.Errorf("%d bytes: %d samples, %v", n, len(out), err)
		}
	}
	if out, err := d.Decode(nil, make([]byte, maxPayload+1)); err == nil || len(out) != 0 {
		t.Errorf("a payload beyond 120 ms gives %d samples, %v", len(out), err)
	}
}

func TestALostPacketIsConcealed(t *testing.T) {
	d, err := NewDecoder(MuLaw)
	if err != nil {
		t.Fatal(err)
	}
	tone := make([]int16, 800)
	for i := range tone {
		tone[i] = int16(9000 * math.Sin(2*math.Pi*200*float64(i)/Rate))
	}
	payload := MuLaw.Append(nil, tone)
	if _, err := d.Decode(nil, payload); err != nil {
		t.Fatal(err)
	}
	for i, s := range d.Conceal(nil, 80) { // 800 samples are 20 whole periods
		if math.Abs(float64(s)-float64(tone[i])) > 1500 {
			t.Fatalf("sample %d is %d, the tone would be %d", i, s, tone[i])
		}
	}
}

func TestTheFramePathDoesNotAllocate(t *testing.T) {
	d, err := NewDecoder(ALaw)
	if err != nil {
		t.Fatal(err)
	}
	pcm, payload := make([]int16, 160), make([]byte, 0, 160)
	n := testing.AllocsPerRun(100, func() {
		payload, _ = NewEncoder(ALaw).Encode(payload[:0], pcm)
		pcm, _ = d.Decode(pcm[:0], payload)
	})
	if n != 0 {
		t.Errorf("%v allocations per tick", n)
	}
}

func BenchmarkTick(b *testing.B) {
	for name, law := range laws {
		b.Run(name, func(b *testing.B) {
			d, err := NewDecoder(law)
			if err != nil {
				b.Fatal(err)
			}
			pcm, payload := make([]int16, 160), make([]byte, 0, 160)
			b.ReportAllocs()
			for b.Loop() {
				payload = law.Append(payload[:0], pcm)
				pcm, _ = d.Decode(pcm[:0], payload)
			}
		})
	}
}
