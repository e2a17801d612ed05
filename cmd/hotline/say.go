package main

import (
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
	"github.com/hotline-cc/hotline/media/wav"
	"github.com/hotline-cc/hotline/tts"
)

// SayCmd speaks a text into a WAV file, through a running engine or with one of its own.
type SayCmd struct {
	Text   string  `arg:"" help:"Text to speak."`
	Output string  `short:"o" help:"WAV file to write." default:"out.wav" type:"path"`
	Voice  string  `help:"Voice, such as zf_xiaobei or zm_yunjian; else the engine's default."`
	Speed  float64 `help:"Speed, 0.5…2." default:"1"`
	Engine string  `help:"Engine that is running: unix:/path/to/socket or https://host/v1; else one is started in this process." placeholder:"URL"`
	APIKey string  `help:"Key of the engine." env:"HOTLINE_SPEECH_KEY"`

	Mouth  Mouth  `embed:""`
	Models string `help:"Folder of the models; else $$HOTLINE_MODELS, else the user's cache folder."`
}

// Run writes the file and says how long the speech is and how soon it began.
func (c *SayCmd) Run(env *Env) error {
	mouth, closeMouth, err := c.open()
	if err != nil {
		return err
	}
	defer closeMouth()
	file, err := os.Create(c.Output)
	if err != nil {
		return hotline.Errorf("speak", hotline.CodeInvalid, "%w", err)
	}
	spoken, first, err := c.speak(env, mouth, file)
	if closed := file.Close(); err == nil {
		err = closed
	}
	if err != nil {
		_ = os.Remove(c.Output) // a part of the speech is no use
		return err
	}
	_, err = fmt.Fprintf(env.Stdout, "%s: %.2f 秒 s (首段 first piece %.2f 秒 s)\n", c.Output, spoken.Seconds(), first.Seconds())
	return err
}

func (c *SayCmd) open() (mouth tts.Synthesizer, closeMouth func(), err error) {
	if c.Engine != "" {
		client, err := tts.NewClient(tts.ClientConfig{URL: c.Engine, APIKey: c.APIKey})
		if err != nil {
			return nil, nil, err
		}
		return client, client.Close, nil
	}
	engine, err := c.Mouth.open(c.Models, nil, runtime.GOMAXPROCS(0))
	if err != nil {
		return nil, nil, err
	}
	return engine, func() { _ = engine.Close() }, nil
}

func (c *SayCmd) speak(env *Env, mouth tts.Synthesizer, file *os.File) (spoken, first time.Duration, err error) {
	format := media.Mono(tts.SampleRate)
	w, err := wav.NewWriter(file, format)
	if err != nil {
		return 0, 0, err
	}
	began, samples := time.Now(), 0
	err = mouth.Synthesize(env.Ctx, tts.Request{Text: c.Text, Voice: c.Voice, Speed: c.Speed}, func(pcm []int16) error {
		if samples == 0 {
			first = time.Since(began)
		}
		samples += len(pcm)
		return w.Write(pcm)
	})
	if err != nil {
		return 0, 0, err
	}
	return format.Duration(samples), first, w.Close()
}
