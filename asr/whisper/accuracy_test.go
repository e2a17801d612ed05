package whisper

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
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
			sounds := calls(b, clips, bench.gain)
			measure(b, clips, func() []string { return bench.hears(b, sounds) })
		})
	}
}

// BenchmarkContext measures what encoder contexts cost and spoil on the clips that HOTLINE_CLIPS names,
// over a telephone line, one decode each: "least/beyond the sound", and one thread or two.
func BenchmarkContext(b *testing.B) {
	clips := loadClips(b)
	sounds := calls(b, clips, 1)
	for _, bench := range []struct{ floor, margin, threads int }{
		{256, 64, 2}, {256, 96, 1}, {256, 96, 2}, {256, 128, 2}, {384, 128, 2}, {512, 128, 2}, {1500, 0, 2},
	} {
		b.Run(fmt.Sprintf("%d_%d/%dthreads", bench.floor, bench.margin, bench.threads), func(b *testing.B) {
			e := open(b, Config{Threads: bench.threads, RetryWithin: -1})
			e.settings.floor, e.settings.margin = bench.floor, bench.margin
			measure(b, clips, func() []string { return decode(b, e, sounds) })
		})
	}
}

// BenchmarkContention measures what two decodes at once cost each other on the clips that HOTLINE_CLIPS
// names: with one thread each, and with two, which is twice as many as cores on a machine of two.
func BenchmarkContention(b *testing.B) {
	clips := loadClips(b)
	sounds := calls(b, clips, 1)
	for threads := 1; threads <= 2; threads++ {
		b.Run(fmt.Sprintf("2x%dthreads", threads), func(b *testing.B) {
			e := open(b, Config{Workers: 2, Threads: threads, RetryWithin: -1})
			measure(b, clips, func() (texts []string) {
				var both sync.WaitGroup
				both.Go(func() { decode(b, e, sounds) })
				texts = decode(b, e, sounds)
				both.Wait()
				return texts
			})
		})
	}
}

// calls puts clips through a telephone line.
func calls(b *testing.B, clips []clip, gain float64) (sounds [][]int16) {
	for _, c := range clips {
		sounds = append(sounds, overPhone(b, scaled(c.pcm, gain)))
	}
	return sounds
}

// measure reports how many characters of the clips hears gets wrong, and how long a clip takes it.
func measure(b *testing.B, clips []clip, hears func() []string) {
	b.Helper()
	b.ResetTimer()
	var errors, chars int
	for range b.N {
		errors, chars = 0, 0
		for i, text := range hears() {
			e, n := asr.ErrorRate(clips[i].text, text)
			errors += e
			chars += n
		}
	}
	b.ReportMetric(100*float64(errors)/float64(chars), "CER%")
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N*len(clips)), "ms/clip")
}

func scaled(pcm []int16, gain float64) []int16 {
	out := make([]int16, len(pcm))
	for i, x := range pcm {
		out[i] = int16(gain * float64(x))
	}
	return out
}

func live(b *testing.B, sounds [][]int16) []string {
	e := open(b, Config{})
	b.ResetTimer()
	return decode(b, e, sounds)
}

func decode(b *testing.B, e *Engine, sounds [][]int16) (texts []string) {
	for _, pcm := range sounds {
		r, err := e.Recognize(context.Background(), asr.Request{PCM: pcm})
		if err != nil {
			b.Error(err)
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
