package opus

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

const tick = Rate / 50

func mustNew(t testing.TB) (*Encoder, *Decoder) {
	t.Helper()
	e, err := NewEncoder(Rate)
	if err != nil {
		t.Fatal(err)
	}
	d, err := NewDecoder(Rate)
	if err != nil {
		t.Fatal(err)
	}
	return e, d
}

// voice is a buzz with formants whose pitch jumps every 60 ms, so that concealment cannot guess
// what comes after a jump.
func voice(n int) []int16 {
	pcm, phase := make([]int16, n), 0.0
	for i := range pcm {
		phase += 2 * math.Pi * [...]float64{120, 190, 150, 230}[i/(3*tick)%4] / Rate
		pcm[i] = int16(4000 * (math.Sin(phase) + 0.5*math.Sin(4*phase) + 0.3*math.Sin(9*phase)))
	}
	return pcm
}

func encode(t testing.TB, e *Encoder, pcm []int16) [][]byte {
	t.Helper()
	var packets [][]byte
	for part := range slices.Chunk(pcm, tick) {
		packet, err := e.Encode(nil, part)
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, packet)
	}
	return packets
}

func level(pcm []int16) float64 {
	var sum float64
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(max(len(pcm), 1)))
}

// likeness is the highest normalised correlation of got with any stretch of pcm around from,
// within the delay of the codec.
func likeness(got, pcm []int16, from int) float64 {
	best := 0.0
	for at := max(from-20*Rate/1000, 0); at <= from; at++ {
		var cross float64
		for i, s := range got {
			cross += float64(s) * float64(pcm[at+i])
		}
		best = max(best, cross/(level(got)*level(pcm[at:at+len(got)])*float64(len(got))+1))
	}
	return best
}

func TestSpeechComesThrough(t *testing.T) {
	e, d := mustNew(t)
	pcm := voice(Rate)
	var out []int16
	var err error
	for _, packet := range encode(t, e, pcm) {
		if out, err = d.Decode(out, packet); err != nil {
			t.Fatal(err)
		}
	}
	if len(out) != len(pcm) {
		t.Fatalf("%d samples came out of %d", len(out), len(pcm))
	}
	if l := likeness(out[Rate/2:Rate/2+5*tick], pcm, Rate/2); l < 0.85 {
		t.Errorf("likeness %.3f, want at least 0.85", l)
	}
}

// TestALostPacketIsRebuiltFromTheNext loses the packet at each jump in pitch and compares what
// is rebuilt with what is guessed.
func TestALostPacketIsRebuiltFromTheNext(t *testing.T) {
	e, _ := mustNew(t)
	pcm := voice(Rate)
	packets := encode(t, e, pcm)
	var rebuilt, guessed, losses float64
	for lost := 9; lost < 48; lost += 3 {
		_, d := mustNew(t)
		_, without := mustNew(t)
		for _, packet := range packets[:lost] {
			for _, decoder := range []*Decoder{d, without} {
				if _, err := decoder.Decode(nil, packet); err != nil {
					t.Fatal(err)
				}
			}
		}
		got, err := d.Recover(nil, packets[lost+1], tick)
		if err != nil || len(got) != tick {
			t.Fatalf("%d samples, %v", len(got), err)
		}
		if _, err := d.Decode(nil, packets[lost+1]); err != nil {
			t.Fatalf("the packet after the loss: %v", err)
		}
		rebuilt += likeness(got, pcm, lost*tick)
		guessed += likeness(without.Conceal(nil, tick), pcm, lost*tick)
		losses++
	}
	if rebuilt/losses < 0.75 || rebuilt/losses < guessed/losses+0.05 {
		t.Errorf("likeness %.2f rebuilt and %.2f guessed, want a clear gain", rebuilt/losses, guessed/losses)
	}
}

func TestConcealmentFadesToSilence(t *testing.T) {
	e, d := mustNew(t)
	for _, packet := range encode(t, e, voice(20*tick)) {
		if _, err := d.Decode(nil, packet); err != nil {
			t.Fatal(err)
		}
	}
	out := d.Conceal(nil, Rate/10)
	if len(out) != Rate/10 {
		t.Fatalf("%d samples, want %d", len(out), Rate/10)
	}
	if l := level(out[:tick]); l < 500 {
		t.Errorf("the first concealed tick has level %.0f, want a voice", l)
	}
	if l := level(out[Rate*60/1000:]); l != 0 {
		t.Errorf("level %.1f is left after 60 ms", l)
	}
}

func TestAnyLengthIsConcealed(t *testing.T) {
	_, d := mustNew(t)
	for _, n := range []int{0, 1, 39, 40, 41, 160, 320, 1920, 1921, 5000} {
		if out := d.Conceal(nil, n); len(out) != n {
			t.Errorf("asked for %d samples, got %d", n, len(out))
		}
	}
}

func TestRecoverRefusesLengthsLibopusCannotGive(t *testing.T) {
	e, d := mustNew(t)
	packet := encode(t, e, voice(tick))[0]
	for _, n := range []int{-40, 0, 1, 321, 1960} {
		if out, err := d.Recover(nil, packet, n); err == nil || len(out) != 0 {
			t.Errorf("Recover of %d samples gives %d, %v", n, len(out), err)
		}
	}
}

func TestGarbageIsAnErrorAndTheStreamGoesOn(t *testing.T) {
	e, d := mustNew(t)
	packets := encode(t, e, voice(10*tick))
	if _, err := d.Decode(nil, []byte{0xff, 0xff, 0xff}); err == nil {
		t.Error("a packet with an impossible frame count is accepted")
	}
	if out, err := d.Decode(nil, nil); err != nil || len(out) != 0 {
		t.Errorf("an empty payload gives %d samples, %v", len(out), err)
	}
	for _, packet := range packets {
		if out, err := d.Decode(nil, packet); err != nil || len(out) != tick {
			t.Errorf("a good packet after garbage gives %d samples, %v", len(out), err)
		}
	}
}

func TestRatesOpusDoesNotKnowAreRefused(t *testing.T) {
	if _, err := NewEncoder(22050); err == nil {
		t.Error("an encoder at 22050 Hz is accepted")
	}
	if _, err := NewDecoder(44100); err == nil {
		t.Error("a decoder at 44100 Hz is accepted")
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte{0x48, 1, 2, 3})
	f.Fuzz(func(t *testing.T, payload []byte) {
		_, d := mustNew(t)
		if out, _ := d.Decode(nil, payload); len(out) > Rate*120/1000 {
			t.Fatalf("%d bytes give %d samples, more than 120 ms", len(payload), len(out))
		}
		if out := d.Conceal(nil, tick); len(out) != tick {
			t.Fatalf("concealed %d samples, want %d", len(out), tick)
		}
	})
}

func TestTheFramePathDoesNotAllocate(t *testing.T) {
	e, d := mustNew(t)
	pcm, payload := make([]int16, tick), make([]byte, 0, maxPayload)
	for i := range pcm {
		pcm[i] = int16(rand.IntN(8000))
	}
	n := testing.AllocsPerRun(100, func() {
		payload, _ = e.Encode(payload[:0], pcm)
		pcm, _ = d.Decode(pcm[:0], payload)
		pcm = d.Conceal(pcm[:0], tick)
		pcm, _ = d.Recover(pcm[:0], payload, tick)
	})
	if n != 0 {
		t.Errorf("%v allocations per tick", n)
	}
}

func BenchmarkTick(b *testing.B) {
	e, d := mustNew(b)
	pcm, payload := voice(tick), make([]byte, 0, maxPayload)
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			payload, _ = e.Encode(payload[:0], pcm)
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			pcm, _ = d.Decode(pcm[:0], payload)
		}
	})
}
