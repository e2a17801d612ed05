package whisper

import (
	"bufio"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hotline-cc/hotline/asr"
	"github.com/hotline-cc/hotline/media/g711"
	"github.com/hotline-cc/hotline/media/resample"
	"github.com/hotline-cc/hotline/media/wav"
	"github.com/hotline-cc/hotline/models"
)

// open opens the model that is installed by default.
func open(t testing.TB, cfg Config) *Engine {
	t.Helper()
	store, err := models.Open("")
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Model, err = store.Path("whisper-base"); err != nil {
		if os.Getenv("CI") == "" {
			t.Skip(err)
		}
		t.Fatal(err)
	}
	e, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

// clip is a recording with what is said in it, at 16 kHz.
type clip struct {
	name, text string
	pcm        []int16
}

// loadClips reads testdata, or the folder that HOTLINE_CLIPS names: WAV files with transcripts.tsv.
func loadClips(t testing.TB) []clip {
	t.Helper()
	dir := os.Getenv("HOTLINE_CLIPS")
	if dir == "" {
		dir = "testdata"
	}
	f, err := os.Open(filepath.Join(dir, "transcripts.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var clips []clip
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) >= 2 && fields[0] != "file" {
			clips = append(clips, clip{fields[0], fields[1], loadClip(t, filepath.Join(dir, fields[0]))})
		}
	}
	return clips
}

func loadClip(t testing.TB, path string) []int16 {
	t.Helper()
	pcm, format, err := wav.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return convert(t, pcm, format.Rate, asr.SampleRate)
}

func convert(t testing.TB, pcm []int16, from, to int) []int16 {
	t.Helper()
	if from == to {
		return pcm
	}
	r, err := resample.New(from, to)
	if err != nil {
		t.Fatal(err)
	}
	return r.Process(nil, pcm)
}

// overPhone takes a clip through 8 kHz A-law and back.
func overPhone(t testing.TB, pcm []int16) []int16 {
	t.Helper()
	coded, err := g711.NewEncoder(g711.ALaw).Encode(nil, convert(t, pcm, asr.SampleRate, g711.Rate))
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := g711.NewDecoder(g711.ALaw)
	if err != nil {
		t.Fatal(err)
	}
	const packet = g711.Rate / 50
	var narrow []int16
	for len(coded) > 0 {
		n := min(packet, len(coded))
		if narrow, err = decoder.Decode(narrow, coded[:n]); err != nil {
			t.Fatal(err)
		}
		coded = coded[n:]
	}
	return convert(t, narrow, g711.Rate, asr.SampleRate)
}
