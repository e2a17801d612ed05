package g722

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"testing"
)

// exercise is two seconds of integer arithmetic, the same on every machine: noise and triangle
// waves at falling levels and pitches, beginning at full scale.
func exercise() []int16 {
	pcm, x := make([]int16, 2*Rate), uint32(1)
	for i := range pcm {
		x = x*1664525 + 1013904223
		noise := int(x>>16) - 32768
		part := i / 4000
		v := noise >> part
		if part%2 == 1 {
			period := 16 << (part / 2)
			v = max(i%period*80000/period-40000, 40000-i%period*80000/period) - 20000 + noise>>9
		}
		pcm[i] = int16(max(math.MinInt16, min(v, math.MaxInt16)))
	}
	return pcm
}

func checksum(pcm []int16) uint32 {
	sum := crc32.NewIEEE()
	_ = binary.Write(sum, binary.LittleEndian, pcm)
	return sum.Sum32()
}

// TestCodesAgreeWithAnIndependentCodec holds the checksums that FFmpeg's G.722 gives for the same
// input, both ways.
func TestCodesAgreeWithAnIndependentCodec(t *testing.T) {
	pcm := exercise()
	if got := checksum(pcm); got != 0xba595990 {
		t.Fatalf("the input itself has checksum %#x", got)
	}
	payload, err := NewEncoder().Encode(nil, pcm)
	if err != nil {
		t.Fatal(err)
	}
	if got := crc32.ChecksumIEEE(payload); got != 0x3768ba13 {
		t.Errorf("encoded checksum %#x, want 0x3768ba13", got)
	}
	d := mustDecoder(t)
	var out []int16
	for packet := range slices.Chunk(payload, 160) {
		if out, err = d.Decode(out, packet); err != nil {
			t.Fatal(err)
		}
	}
	if got := checksum(out); got != 0x6f37e2ea {
		t.Errorf("decoded checksum %#x, want 0x6f37e2ea", got)
	}
}

func mustDecoder(t testing.TB) *Decoder {
	t.Helper()
	d, err := NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestTonesOfBothBandsSurvive(t *testing.T) {
	const delay = 22 // samples through both filter banks
	for _, c := range []struct{ hz, snr float64 }{{300, 30}, {1000, 30}, {3000, 25}, {5000, 15}, {6500, 12}} {
		t.Run(fmt.Sprintf("%.0f Hz", c.hz), func(t *testing.T) {
			pcm := make([]int16, Rate)
			for i := range pcm {
				pcm[i] = int16(8000 * math.Sin(2*math.Pi*c.hz*float64(i)/Rate))
			}
			e, d := NewEncoder(), mustDecoder(t)
			var out []int16
			for tick := range slices.Chunk(pcm, 320) {
				payload, err := e.Encode(nil, tick)
				if err != nil {
					t.Fatal(err)
				}
				if out, err = d.Decode(out, payload); err != nil {
					t.Fatal(err)
				}
			}
			var signal, noise float64
			for i := Rate / 10; i < len(out); i++ {
				want := float64(pcm[i-delay])
				signal += want * want
				noise += (want - float64(out[i])) * (want - float64(out[i]))
			}
			if snr := 10 * math.Log10(signal/noise); snr < c.snr {
				t.Errorf("SNR %.1f dB, want at least %.0f", snr, c.snr)
			}
		})
	}
}

func TestPayloadLengths(t *testing.T) {
	d := mustDecoder(t)
	for _, n := range []int{0, 1, 80, 160, 241, maxPayload} {
		if out, err := d.Decode(nil, make([]byte, n)); err != nil || len(out) != 2*n {
			t.Errorf("%d bytes: %d samples, %v", n, len(out), err)
		}
	}
	if out, err := d.Decode(nil, make([]byte, maxPayload+1)); err == nil || len(out) != 0 {
		t.Errorf("a payload beyond 120 ms gives %d samples, %v", len(out), err)
	}
	if _, err := NewEncoder().Encode(nil, make([]int16, 319)); err == nil {
		t.Error("an odd number of samples is accepted")
	}
}

// FuzzDecode feeds any codes and then a silent stream: whatever state the codes drove the bands to,
// they must come to rest.
func FuzzDecode(f *testing.F) {
	f.Add([]byte{0, 255, 127, 128, 63, 192})
	f.Fuzz(func(t *testing.T, data []byte) {
		data = data[:min(len(data), maxPayload)]
		d := mustDecoder(t)
		if out, err := d.Decode(nil, data); err != nil || len(out) != 2*len(data) {
			t.Fatalf("%d bytes: %d samples, %v", len(data), len(out), err)
		}
		quiet, err := NewEncoder().Encode(nil, make([]int16, 2*Rate))
		if err != nil {
			t.Fatal(err)
		}
		var out []int16
		for packet := range slices.Chunk(quiet, 160) {
			if out, err = d.Decode(out[:0], packet); err != nil {
				t.Fatal(err)
			}
		}
		if slices.Max(out) > 200 || slices.Min(out) < -200 {
			t.Fatalf("after two seconds of silence the output still swings from %d to %d", slices.Min(out), slices.Max(out))
		}
	})
}

func TestTheFramePathDoesNotAllocate(t *testing.T) {
	e, d := NewEncoder(), mustDecoder(t)
	pcm, payload := make([]int16, 320), make([]byte, 0, 160)
	n := testing.AllocsPerRun(100, func() {
		payload, _ = e.Encode(payload[:0], pcm)
		pcm, _ = d.Decode(pcm[:0], payload)
	})
	if n != 0 {
		t.Errorf("%v allocations per tick", n)
	}
}

func BenchmarkTick(b *testing.B) {
	e, d := NewEncoder(), mustDecoder(b)
	pcm, payload := exercise()[:320], make([]byte, 0, 160)
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
