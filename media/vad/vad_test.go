package vad

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// golden are the probabilities that Silero's own release 6.2.0 gives for scene() in onnxruntime.
var golden = []float32{
	0.0890, 0.0298, 0.0164, 0.0149, 0.0109, 0.0092, 0.0082, 0.0070, 0.0062, 0.0101, 0.0063, 0.0066,
	0.0074, 0.0063, 0.0047, 0.1225, 0.8937, 0.9442, 0.9017, 0.8023, 0.8534, 0.9444, 0.9890, 0.9918,
	0.9966, 0.9965, 0.9969, 0.9990, 0.9985, 0.9996, 0.9988, 0.9991, 0.9991, 0.9995, 0.9995, 0.9999,
	0.9998, 0.9995, 0.9995, 0.9996, 0.9984, 0.9998, 0.9998, 0.9993, 0.9992, 0.9994, 0.9995, 0.9996,
	0.9995, 0.9991, 0.9985, 0.9993, 0.9988, 0.3020, 0.1235, 0.0562, 0.0250, 0.0099, 0.0042, 0.0020,
	0.0011, 0.0014, 0.0010, 0.0008, 0.0007, 0.0006, 0.0008, 0.0010, 0.1292, 0.0152, 0.0076, 0.0059,
	0.0076, 0.0083, 0.0077, 0.0075, 0.0058, 0.0076, 0.0077, 0.0073, 0.0057, 0.0044, 0.0056, 0.0054,
	0.0047, 0.0039, 0.0029, 0.0230, 0.0393, 0.0125, 0.0064, 0.0062, 0.0058, 0.0033, 0.0027, 0.0021,
	0.0017, 0.0016, 0.0018, 0.0019, 0.7791, 0.9618, 0.9699, 0.9777, 0.9882, 0.9957, 0.9965, 0.9989,
	0.9992, 0.9992, 0.9995, 0.9997, 0.9994, 0.9997, 0.9997, 0.9997, 0.9999, 0.9999, 0.9999, 0.9999,
	0.9998, 0.9998, 0.9998, 0.9998, 0.9998, 0.9995, 0.9992, 0.9948, 0.9879, 0.9951, 0.9925, 0.9866,
	0.9962, 0.9938, 0.9960, 0.9962, 0.9982, 0.9892, 0.9556, 0.6440, 0.2965, 0.1315, 0.0573, 0.0243,
	0.0147, 0.0121, 0.0117, 0.0104, 0.0118, 0.0131, 0.0134, 0.0121, 0.0113, 0.0125, 0.0096, 0.0099,
}

// modelPath is where `hotline models pull` puts the weights; `make test` makes sure of them.
func modelPath(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("HOTLINE_MODELS")
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		dir = filepath.Join(cache, "hotline", "models")
	}
	return filepath.Join(dir, FileName)
}

func mustLoad(t testing.TB) *Model {
	t.Helper()
	m, err := Load(modelPath(t))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestProbabilitiesAgreeWithTheOriginal(t *testing.T) {
	got := mustLoad(t).NewStream().Append(nil, scene())
	if len(got) != len(golden) {
		t.Fatalf("%d probabilities, want %d", len(got), len(golden))
	}
	for i, p := range got {
		// The weight file rounds to half precision, the original does not.
		if diff := math.Abs(float64(p - golden[i])); diff > 0.02 {
			t.Errorf("window %d: %.4f, want %.4f", i, p, golden[i])
		}
	}
}

func TestAnyFramingGivesTheSameProbabilities(t *testing.T) {
	m, pcm := mustLoad(t), scene()[:Rate]
	want := m.NewStream().Append(nil, pcm)
	for _, piece := range []int{1, 320, 511, 512, 513, 4000} {
		s := m.NewStream()
		var got []float32
		for part := range slices.Chunk(pcm, piece) {
			got = s.Append(got, part)
		}
		if !slices.Equal(got, want) {
			t.Errorf("pieces of %d give other probabilities", piece)
		}
	}
}

func TestResetForgetsTheStream(t *testing.T) {
	s, pcm := mustLoad(t).NewStream(), scene()[:Rate+100]
	first := s.Append(nil, pcm)
	s.Reset()
	if again := s.Append(nil, pcm); !slices.Equal(first, again) {
		t.Error("probabilities after Reset differ from those of a new stream")
	}
}

func TestOneModelServesManyStreams(t *testing.T) {
	m, pcm := mustLoad(t), scene()[:Rate]
	want := m.NewStream().Append(nil, pcm)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if got := m.NewStream().Append(nil, pcm); !slices.Equal(got, want) {
				t.Error("a stream beside others gives other probabilities")
			}
		})
	}
	wg.Wait()
}

// TestAnIdleLineIsNotComputed shows that the network rests on a quiet line and wakes with the
// same judgement as if it had never rested.
func TestAnIdleLineIsNotComputed(t *testing.T) {
	m := mustLoad(t)
	idle := make([]int16, 100*WindowSize)
	noise(idle, 8)
	s := m.NewStream()
	for i, p := range s.Append(nil, idle) {
		if rested := p == 0; rested != (i >= settleWindows) {
			t.Fatalf("window %d of a quiet line: probability %v", i, p)
		}
	}
	voice := scene()[:2*Rate]
	fresh, after := m.NewStream().Append(nil, voice), s.Append(nil, voice)
	for i := range fresh {
		if (fresh[i] >= 0.5) != (after[i] >= 0.5) {
			t.Errorf("window %d: %.2f after rest, %.2f on a new stream", i, after[i], fresh[i])
		}
	}
}

func TestSilenceInsideSpeechIsStillComputed(t *testing.T) {
	pcm := scene()[Rate/2 : Rate*17/10]
	pause := make([]int16, 5*WindowSize)
	s := mustLoad(t).NewStream()
	s.Append(nil, pcm)
	if p := s.Append(nil, pause); len(p) == 0 || slices.Min(p) == 0 {
		t.Errorf("a short pause gives %v, want probabilities above 0", p)
	}
}

func TestAMissingModelTellsHowToGetIt(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), FileName))
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "hotline models pull") {
		t.Errorf("got %v, want a hint at the command", err)
	}
}

func TestBrokenModelsAreRefused(t *testing.T) {
	whole, err := os.ReadFile(modelPath(t))
	if err != nil {
		t.Fatal(err)
	}
	edit := func(change func(b []byte) []byte) []byte { return change(slices.Clone(whole)) }
	cases := map[string]struct {
		file []byte
		want string
	}{
		"empty":        {nil, "ends early"},
		"other format": {edit(func(b []byte) []byte { b[0] ^= 1; return b }), "not a ggml"},
		"cut short":    {whole[:len(whole)/2], "ends early"},
		"header only":  {whole[:106], "is missing"},
		"other window": {edit(func(b []byte) []byte { b[30] = 1; return b }), "unknown shape"},
		"long name": {edit(func(b []byte) []byte {
			return append(b, 1, 0, 0, 0, 255, 255, 255, 127, 0, 0, 0, 0, 1, 0, 0, 0)
		}), "name of"},
		"unknown tensor": {edit(func(b []byte) []byte {
			return append(b, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 'x')
		}), "want 0"},
		"other spectrum": {edit(func(b []byte) []byte {
			at := bytes.Index(b, []byte(tensorBasis)) + len(tensorBasis)
			binary.LittleEndian.PutUint16(b[at+2*fftSize*5+100:], 0x3c00) // 1.0
			return b
		}), "Hann"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if _, err := Read(bytes.NewReader(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestHalfPrecision(t *testing.T) {
	for bits, want := range map[uint16]float32{
		0x0000: 0, 0x3c00: 1, 0xc000: -2, 0x3555: 0.33325195, 0x0001: 5.9604645e-08, 0x7bff: 65504,
	} {
		if got := fromHalf(bits); got != want {
			t.Errorf("fromHalf(%#04x) = %v, want %v", bits, got, want)
		}
	}
}

// TestMagnitudesOfASine checks the transform against its definition.
func TestMagnitudesOfASine(t *testing.T) {
	sp, n := newSpectrum(), &activations{}
	samples := make([]float32, hop+fftSize)
	for i := range samples {
		samples[i] = float32(math.Sin(0.31*float64(i)) + 0.25*math.Cos(2.2*float64(i)))
	}
	got := [2][bins]float32{}
	sp.magnitudes(got[0][:], got[1][:], samples, n)
	for frame := range got {
		for k, g := range got[frame] {
			var re, im float64
			for i := range fftSize {
				v := float64(samples[frame*hop+i]) * (0.5 - 0.5*math.Cos(2*math.Pi*float64(i)/fftSize))
				sin, cos := math.Sincos(2 * math.Pi * float64(k*i) / fftSize)
				re, im = re+v*cos, im-v*sin
			}
			if want := math.Hypot(re, im); math.Abs(float64(g)-want) > 1e-3 {
				t.Fatalf("frame %d, bin %d: %v, want %v", frame, k, g, want)
			}
		}
	}
}

func TestWindowDoesNotAllocate(t *testing.T) {
	s, pcm := mustLoad(t).NewStream(), scene()[Rate/2:]
	dst := make([]float32, 0, 4)
	if n := testing.AllocsPerRun(50, func() { dst = s.Append(dst[:0], pcm[:320]) }); n != 0 {
		t.Errorf("%v allocations per tick", n)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("lmgg"), uint16(0))
	f.Fuzz(func(t *testing.T, tail []byte, cut uint16) {
		head := header()
		m, err := Read(bytes.NewReader(append(head[:len(head)-int(cut)%len(head)], tail...)))
		if (m == nil) == (err == nil) {
			t.Fatalf("got model %v and error %v", m != nil, err)
		}
	})
}

// header is the beginning of a good model file.
func header() []byte {
	b := binary.LittleEndian.AppendUint32(nil, magic)
	b = binary.LittleEndian.AppendUint32(b, 1)
	b = append(b, 's')
	for _, v := range []uint32{6, 2, 0, WindowSize, contextSize, 4} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	for _, p := range plan {
		for _, v := range []int{p.in, p.out, taps} {
			b = binary.LittleEndian.AppendUint32(b, uint32(v))
		}
	}
	for _, v := range []uint32{channels, channels, channels, 1} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	return b
}

func BenchmarkWindow(b *testing.B) {
	m := mustLoad(b)
	for _, c := range []struct {
		name string
		pcm  []int16
	}{{"voice", scene()[Rate : Rate+WindowSize]}, {"idle", make([]int16, WindowSize)}} {
		b.Run(c.name, func(b *testing.B) {
			s := m.NewStream()
			b.ReportAllocs()
			for b.Loop() {
				s.Window(c.pcm)
			}
		})
	}
}

func ExampleSegmenter() {
	s, err := NewSegmenter(Options{})
	if err != nil {
		panic(err)
	}
	for i := range 60 {
		probability := float32(0.02)
		if i >= 10 && i < 40 {
			probability = 0.98
		}
		if edge, ok := s.Push(probability); ok {
			fmt.Printf("%s at %d ms\n", edge.Kind, edge.At*1000/Rate)
		}
	}
	// Output:
	// speech start at 320 ms
	// speech end at 1280 ms
}
