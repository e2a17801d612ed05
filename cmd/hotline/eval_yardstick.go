package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/asr"
	"github.com/hotline-cc/hotline/cmd/hotline/measure"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
	"github.com/hotline-cc/hotline/models"
)

// yardstick recognises the recordings with whisper-cli, at full context and with the same codec's
// losses, once greedily as we do and once as it does by itself (beam search).
func (c *EvalASRCmd) yardstick(ctx context.Context, recordings []recording, totals *asrTotals) error {
	store, err := models.Open(c.Models)
	if err != nil {
		return err
	}
	model, err := store.Path(c.Model)
	if err != nil {
		return err
	}
	program, err := whisperCLI()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "hotline-yardstick-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	paths, err := c.bandLimited(dir, recordings)
	if err != nil {
		return err
	}
	rate := func(options ...string) (*float64, error) {
		args := append([]string{"-m", model, "-l", "zh", "-nt", "-np", "-otxt"}, options...)
		if out, err := exec.CommandContext(ctx, program, append(args, paths...)...).CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s: %w: %s", program, err, out)
		}
		var score measure.Score
		for i, r := range recordings {
			text, err := os.ReadFile(paths[i] + ".txt")
			if err != nil {
				return nil, err
			}
			score.Add(r.Text, strings.Join(strings.Fields(string(text)), ""))
		}
		cer := score.CER()
		return &cer, nil
	}
	if totals.Yardstick, err = rate("-bs", "1", "-bo", "1"); err != nil {
		return err
	}
	totals.YardstickOwn, err = rate()
	return err
}

// bandLimited writes the recordings as a call would carry them.
func (c *EvalASRCmd) bandLimited(dir string, recordings []recording) ([]string, error) {
	paths := make([]string, len(recordings))
	for i, r := range recordings {
		pcm, err := measure.Resample(r.pcm, r.rate, asr.SampleRate)
		if c.Codec != absent {
			set, unknown := withCodec(c.Codec)
			if unknown != nil {
				return nil, unknown
			}
			pcm, err = measure.OverLine(r.pcm, r.rate, set[0], asr.SampleRate)
		}
		if err != nil {
			return nil, err
		}
		paths[i] = filepath.Join(dir, fmt.Sprintf("%04d.wav", i))
		if err := os.WriteFile(paths[i], wav.Append(nil, pcm, media.Mono(asr.SampleRate)), 0o600); err != nil {
			return nil, err
		}
	}
	return paths, nil
}

// whisperCLI finds the program that the set-up has built beside the libraries.
func whisperCLI() (string, error) {
	if cache, err := os.UserCacheDir(); err == nil {
		path := filepath.Join(cache, "hotline", "native", "whisper", "bin", "whisper-cli")
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	path, err := exec.LookPath("whisper-cli")
	if err != nil {
		return "", hotline.Errorf("find whisper-cli", hotline.CodeUnavailable, "没有 whisper-cli，请运行 make setup (whisper-cli is missing: run make setup)")
	}
	return path, nil
}
