package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hotline-cc/hotline/media"
)

// file lays out a WAV file: a fmt chunk, then chunks as given.
func file(tag, channels, bits int, chunks ...[]byte) []byte {
	le := binary.LittleEndian
	b := append([]byte("RIFF"), 0, 0, 0, 0)
	b = append(b, "WAVEfmt \x10\x00\x00\x00"...)
	b = le.AppendUint16(b, uint16(tag))
	b = le.AppendUint16(b, uint16(channels))
	b = le.AppendUint32(b, 8000)
	b = le.AppendUint32(b, uint32(8000*channels*bits/8))
	b = le.AppendUint16(b, uint16(channels*bits/8))
	b = le.AppendUint16(b, uint16(bits))
	for _, c := range chunks {
		b = append(b, c...)
	}
	return b
}

func chunk(id string, size int, body ...byte) []byte {
	return append(binary.LittleEndian.AppendUint32([]byte(id), uint32(size)), body...)
}

func data(body ...byte) []byte { return chunk("data", len(body), body...) }

func floats(values ...float32) (b []byte) {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func TestEveryEncodingBecomes16Bits(t *testing.T) {
	nan := float32(math.NaN())
	extensible := file(tagExtensible, 1, 16)
	extensible[16] = 40
	extensible = append(extensible, 22, 0, 16, 0, 4, 0, 0, 0, tagPCM, 0)
	extensible = append(extensible, make([]byte, 14)...)
	cases := []struct {
		name string
		file []byte
		want []int16
	}{
		{"8-bit", file(tagPCM, 1, 8, data(0, 128, 255)), []int16{-32768, 0, 32512}},
		{"16-bit", file(tagPCM, 1, 16, data(0, 0x80, 1, 0)), []int16{-32768, 1}},
		{"24-bit", file(tagPCM, 1, 24, data(0, 0, 0x80, 0x80, 1, 0, 0xff, 0xff, 0x7f)), []int16{-32768, 2, 32767}},
		{"32-bit", file(tagPCM, 1, 32, data(0, 0, 0, 0x80, 0, 0x80, 1, 0, 0xff, 0xff, 0xff, 0x7f)), []int16{-32768, 2, 32767}},
		{"float", file(tagFloat, 1, 32, data(floats(-1.5, 0.5, 1, nan)...)), []int16{-32768, 16384, 32767, 0}},
		{"A-law", file(tagALaw, 1, 8, data(0xd5, 0x2a)), []int16{8, -32256}},
		{"µ-law", file(tagMuLaw, 1, 8, data(0xff, 0x00)), []int16{0, -32124}},
		{"extensible", append(extensible, data(2, 0)...), []int16{2}},
		{"stereo is mixed down", file(tagPCM, 2, 16, data(0xff, 0x7f, 0xfd, 0x7f, 0, 0x80, 0, 0x80)), []int16{32766, -32768}},
		{"three channels are mixed down", file(tagPCM, 3, 16, data(3, 0, 6, 0, 9, 0)), []int16{6}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, f, err := Read(bytes.NewReader(c.file))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if f != media.Mono(8000) {
				t.Errorf("format %v, want 8000 Hz mono", f)
			}
		})
	}
}

func TestDamagedFilesKeepTheirSound(t *testing.T) {
	body := []byte{1, 0, 2, 0, 3, 0}
	cases := []struct {
		name  string
		chunk [][]byte
		want  []int16
	}{
		{"size never written", [][]byte{chunk("data", 0, body...)}, []int16{1, 2, 3}},
		{"size unknown", [][]byte{chunk("data", unknownSize, body...)}, []int16{1, 2, 3}},
		{"size beyond the end", [][]byte{chunk("data", 1000, body...)}, []int16{1, 2, 3}},
		{"cut inside a sample", [][]byte{chunk("data", 6, body[:5]...)}, []int16{1, 2}},
		{"odd size", [][]byte{chunk("data", 5, body...)}, []int16{1, 2}},
		{"chunks around", [][]byte{chunk("LIST", 3, 'a', 'b', 'c', 0), data(body...), chunk("id3 ", 2, 9, 9)}, []int16{1, 2, 3}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := Read(bytes.NewReader(file(tagPCM, 1, 16, c.chunk...)))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefusalsSayWhy(t *testing.T) {
	badRate := file(tagPCM, 1, 16, data(0, 0))
	badRate[24], badRate[25] = 1, 0
	cases := []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "ends early"},
		{"MP3", []byte("ID3\x04 and then a lot of other things"), "not a WAV"},
		{"no data chunk", file(tagPCM, 1, 16), "data chunk"},
		{"data before fmt", append([]byte("RIFF\x00\x00\x00\x00WAVE"), data(1, 2)...), "before the fmt"},
		{"too many channels", file(tagPCM, 33, 16, data(0, 0)), "33 channels"},
		{"12 bits", file(tagPCM, 1, 12, data(0, 0)), "12 bits"},
		{"ADPCM", file(2, 1, 4, data(0, 0)), "tag 2"},
		{"1 Hz", badRate, "at 1 Hz"},
		{"endless chunk", file(tagPCM, 1, 16, chunk("JUNK", 1<<30)), "before the data"},
		{"short fmt", []byte("RIFF\x00\x00\x00\x00WAVEfmt \x02\x00\x00\x00\x01\x00"), "fmt chunk of 2"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if _, _, err := Read(bytes.NewReader(c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error with %q", err, c.want)
			}
		})
	}
}

func TestFailuresOfTheInputAreNotTheEnd(t *testing.T) {
	broken := errors.New("disk on fire")
	whole := file(tagPCM, 1, 16, chunk("data", 1000, 1, 0))
	r := io.MultiReader(bytes.NewReader(whole), iotestErr{broken})
	if _, _, err := Read(r); !errors.Is(err, broken) {
		t.Errorf("got %v, want %v", err, broken)
	}
}

type iotestErr struct{ err error }

func (e iotestErr) Read([]byte) (int, error) { return 0, e.err }

func TestWhatIsWrittenReadsBack(t *testing.T) {
	for _, f := range []media.Format{media.Mono(8000), {Rate: 16000, Channels: 2}, {Rate: 8000, Channels: 3}} {
		path := filepath.Join(t.TempDir(), "call.wav")
		out, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		w, err := NewWriter(out, f)
		if err != nil {
			t.Fatal(err)
		}
		pcm := make([]int16, 3000)
		for i := range pcm {
			pcm[i] = int16(i * 77)
		}
		for _, part := range [][]int16{pcm[:900], pcm[900:906], pcm[906:]} {
			if err := w.Write(part); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(w.Close(), out.Close()); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(Append(nil, pcm, f), got); diff != "" {
			t.Errorf("%v: the file differs from Append (-append +file):\n%s", f, diff)
		}
		r, err := NewReader(bytes.NewReader(got))
		if err != nil {
			t.Fatal(err)
		}
		back, buffer := []int16(nil), make([]int16, 701)
		for {
			n, err := r.Read(buffer)
			back = append(back, buffer[:n]...)
			if err != nil {
				break
			}
		}
		if diff := cmp.Diff(pcm, back); diff != "" || r.Format() != f {
			t.Errorf("%v came back as %v (-want +got):\n%s", f, r.Format(), diff)
		}
	}
}

// TestARecordingCutByACrashPlays looks at the file after a Flush and after more samples.
func TestARecordingCutByACrashPlays(t *testing.T) {
	path := filepath.Join(t.TempDir(), "call.wav")
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = out.Close() }()
	w, err := NewWriter(out, media.Mono(8000))
	if err != nil {
		t.Fatal(err)
	}
	heard := func() int {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		pcm, _, err := Read(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		return len(pcm)
	}
	steps := []struct {
		do   func() error
		want int
	}{
		{func() error { return w.Write(make([]int16, 160)) }, 160}, // size 0: read to the end
		{w.Flush, 160},
		{func() error { return w.Write(make([]int16, 80)) }, 160}, // the header still says 160
		{w.Flush, 240},
	}
	for i, step := range steps {
		if err := step.do(); err != nil {
			t.Fatal(err)
		}
		if got := heard(); got != step.want {
			t.Errorf("step %d: %d samples play, want %d", i, got, step.want)
		}
	}
}

func TestWriterRefusals(t *testing.T) {
	if _, err := NewWriter(nil, media.Format{Rate: 8000, Channels: MaxChannels + 1}); err == nil {
		t.Error("too many channels are accepted")
	}
	if _, err := NewWriter(nil, media.Mono(100)); err == nil {
		t.Error("100 Hz is accepted")
	}
	w := &Writer{format: media.Format{Rate: 8000, Channels: 2}}
	if err := w.Write(make([]int16, 3)); err == nil {
		t.Error("half a frame is accepted")
	}
	w.data = maxData - 4
	if err := w.Write(make([]int16, 4)); !errors.Is(err, ErrTooLong) {
		t.Errorf("past 4 GiB: %v, want ErrTooLong", err)
	}
}

func TestStreamingDoesNotAllocate(t *testing.T) {
	r, err := NewReader(bytes.NewReader(file(tagPCM, 1, 24, chunk("data", 0, make([]byte, 300_000)...))))
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 160)
	if n := testing.AllocsPerRun(100, func() { _, _ = r.Read(pcm) }); n != 0 {
		t.Errorf("%v allocations per read", n)
	}
	w, err := NewWriter(&discard{}, media.Mono(8000))
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { _ = w.Write(pcm); _ = w.Flush() }); n != 0 {
		t.Errorf("%v allocations per write", n)
	}
}

type discard struct{}

func (*discard) Write(b []byte) (int, error)         { return len(b), nil }
func (*discard) Seek(at int64, _ int) (int64, error) { return at, nil }

// FuzzRead checks that whatever is accepted comes back the same once written by us.
func FuzzRead(f *testing.F) {
	f.Add(file(tagPCM, 1, 16, data(1, 2, 3, 4)))
	f.Add(file(tagPCM, 2, 24, chunk("data", 0, 1, 2, 3, 4, 5, 6, 7)))
	f.Add(file(tagFloat, 1, 32, chunk("LIST", 1, 0, 0), data(0, 0, 0x80, 0x7f)))
	f.Fuzz(func(t *testing.T, b []byte) {
		pcm, format, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		if len(pcm) > len(b) {
			t.Fatalf("%d samples out of %d bytes", len(pcm), len(b))
		}
		again, formatAgain, err := Read(bytes.NewReader(Append(nil, pcm, format)))
		if err != nil || format != formatAgain || !cmp.Equal(pcm, again) {
			t.Fatalf("written and read again: %v, %v, %d samples of %d", err, formatAgain, len(again), len(pcm))
		}
	})
}

func BenchmarkReadTick(b *testing.B) {
	body := make([]byte, 1<<20)
	pcm := make([]int16, 160)
	whole := file(tagPCM, 1, 16, data(body...))
	r, err := NewReader(bytes.NewReader(whole))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Read(pcm); err != nil {
			r.r.Reset(bytes.NewReader(whole[44:]))
			r.left = int64(len(body))
		}
	}
}
