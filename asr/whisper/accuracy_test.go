package whisper

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/hotline-cc/hotline/asr"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
)

// BenchmarkAccuracy measures the character error rate of the clips that HOTLINE_CLIPS names, over a
// telephone line: at live settings, at a lower speaking level, and by whisper-cli, which takes its
// time: full context, beam search, fallback decodes.
func BenchmarkAccuracy(b *testing.B) {
	clips := loadClips(b)
	line := func(gain float64) [][]int16 {
		var out [][]int16
		for _, c := range clips {
			out = append(out, overPhone(b, scaled(c.pcm, gain)))
		}
		return out
	}
	for _, bench := range []struct {
		name  string
		gain  float64
		hears func(b *testing.B, sounds [][]int16) []string
	}{
		{"live", 1, live},
		{"live-12dB", 0.25, live},
		{"whisper-cli", 1, whisperCLI},
		{"whisper-cli-12dB", 0.25, whisperCLI},
	} {
		b.Run(bench.name, func(b *testing.B) {
			sounds := line(bench.gain)
			b.ResetTimer()
			var errors, chars int
			for range b.N {
				errors, chars = 0, 0
				for i, text := range bench.hears(b, sounds) {
					e, n := asr.ErrorRate(clips[i].text, text)
					errors += e
					chars += n
				}
			}
			b.ReportMetric(100*float64(errors)/float64(chars), "CER%")
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*len(clips)), "ms/clip")
		})
	}
}

func scaled(pcm []int16, gain float64) []int16 {
	out := make([]int16, len(pcm))
	for i, x := range pcm {
		out[i] = int16(gain * float64(x))
	}
	return out
}

func live(b *testing.B, sounds [][]int16) (texts []string) {
	e := open(b, Config{})
	b.ResetTimer()
	for _, pcm := range sounds {
		r, err := e.Recognize(context.Background(), asr.Request{PCM: pcm})
		if err != nil {
			b.Fatal(err)
		}
		texts = append(texts, r.Text)
	}
	return texts
}

func whisperCLI(b *testing.B, sounds [][]int16) (texts []string) {
	cli := filepath.Join("..", "..", ".native", "whisper", "bin", "whisper-cli")
	dir := b.TempDir()
	args := []string{"-m", open(b, Config{}).cfg.Model, "-l", "zh", "-t", "1", "-np", "-nt", "-otxt"}
	var paths []string
	for i, pcm := range sounds {
		path := filepath.Join(dir, string(rune('a'+i))+".wav")
		if err := os.WriteFile(path, wav.Append(nil, pcm, media.Mono(asr.SampleRate)), 0o600); err != nil {
			b.Fatal(err)
		}
		paths = append(paths, path)
	}
	if out, err := exec.Command(cli, append(args, paths...)...).CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path + ".txt")
		if err != nil {
			b.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	return texts
}
