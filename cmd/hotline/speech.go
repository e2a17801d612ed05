package main

import (
	"context"
	"crypto/tls"
	"net"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/asr"
	"github.com/hotline-cc/hotline/asr/whisper"
	"github.com/hotline-cc/hotline/speech"
	"github.com/hotline-cc/hotline/tts"
	"github.com/hotline-cc/hotline/tts/kokoro"
)

// SpeechCmd serves the speech engines, to the gateway on a socket or to other machines.
type SpeechCmd struct {
	Socket  string `help:"Unix socket to serve on." type:"path"`
	Listen  string `help:"Address to serve other machines on, as host:port." placeholder:"ADDRESS"`
	APIKey  string `help:"Key that clients must send. Other machines are served with one only." env:"HOTLINE_SPEECH_KEY"`
	TLSCert string `help:"Certificate file for --listen." type:"existingfile"`
	TLSKey  string `help:"Key file for --listen." type:"existingfile"`

	Ear   Ear   `embed:""`
	Mouth Mouth `embed:""`

	Models  string `help:"Folder of the models; else $$HOTLINE_MODELS, else the user's cache folder."`
	Threads int    `help:"Processor cores that the engines may use; 0 means all."`
	Queue   int    `help:"Requests of each kind that are taken in at once." default:"16"`
}

// Run loads the models and serves until it is told to end.
func (c *SpeechCmd) Run(env *Env) error {
	if err := c.check(); err != nil {
		return err
	}
	if c.Threads == 0 {
		c.Threads = runtime.GOMAXPROCS(0) // what a container may use, where it is in one
	}
	var spare speech.Spare
	go spare.Run(env.Ctx)
	cores, err := speech.NewCores(speech.CoresConfig{Cores: c.Threads, Spare: spare.Processors})
	if err != nil {
		return err
	}
	began := time.Now()
	e, err := c.load(env.Ctx, cores)
	defer e.close() // the process ends
	if env.Ctx.Err() != nil {
		return nil // told to end before it was ready
	}
	if err != nil {
		return err
	}
	cfg := speech.ServerConfig{Cores: cores, MaxQueued: c.Queue, APIKey: c.APIKey, Logger: env.Log}
	if e.ear != nil {
		cfg.Recognizer, cfg.ASRModel = e.ear, modelName(c.Ear.ASR)
	}
	if e.mouth != nil {
		cfg.Synthesizer, cfg.TTSModel, cfg.Voices = e.mouth, modelName(c.Mouth.TTS), e.mouth.Voices()
	}
	server, err := speech.NewServer(cfg)
	if err != nil {
		return err
	}
	defer server.Close()
	listeners, err := c.listen(env.Ctx)
	if err != nil {
		return err
	}
	env.Log.Info("speech engines ready", "asr", c.Ear.ASR, "tts", c.Mouth.TTS, "threads", c.Threads, "took", time.Since(began))
	return speech.Serve(env.Ctx, server, env.Log, listeners...)
}

// engines are the loaded ones; those that are not wanted are nil.
type engines struct {
	ear   *whisper.Engine
	mouth *kokoro.Engine
}

func (e *engines) close() {
	if e.ear != nil {
		_ = e.ear.Close()
	}
	if e.mouth != nil {
		_ = e.mouth.Close()
	}
}

// load opens both engines at once, for callers wait when this is a restart, and lets each work
// once, so that the first caller does not wait for memory to be touched.
func (c *SpeechCmd) load(ctx context.Context, cores *speech.Cores) (*engines, error) {
	var e engines
	var group errgroup.Group
	if c.Ear.ASR != absent {
		group.Go(func() (err error) {
			if e.ear, err = c.Ear.open(c.Models, cores, c.Threads); err != nil {
				return err
			}
			_, err = e.ear.Recognize(ctx, asr.Request{PCM: make([]int16, asr.SampleRate)})
			return err
		})
	}
	if c.Mouth.TTS != absent {
		group.Go(func() (err error) {
			if e.mouth, err = c.Mouth.open(c.Models, cores, c.Threads); err != nil {
				return err
			}
			return e.mouth.Synthesize(ctx, tts.Request{Text: "您好。"}, func([]int16) error { return nil })
		})
	}
	return &e, group.Wait()
}

func (c *SpeechCmd) check() error {
	const op = "serve speech"
	if c.Socket == "" && c.Listen == "" {
		return hotline.Errorf(op, hotline.CodeInvalid, "请指定 --socket 或 --listen (give --socket or --listen)")
	}
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return hotline.Errorf(op, hotline.CodeInvalid, "--tls-cert 与 --tls-key 须同时指定 (give both or neither)")
	}
	if c.Listen == "" || c.APIKey != "" {
		return nil
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return hotline.Errorf(op, hotline.CodeInvalid, "--listen: %w", err)
	}
	if ip := net.ParseIP(host); host != "localhost" && !ip.IsLoopback() {
		return hotline.Errorf(op, hotline.CodeInvalid,
			"对其他机器开放须设置 --api-key 或 HOTLINE_SPEECH_KEY (other machines are served with --api-key only)")
	}
	return nil
}

// listen opens what was asked for, all or nothing.
func (c *SpeechCmd) listen(ctx context.Context) (listeners []net.Listener, err error) {
	defer func() {
		if err != nil {
			for _, l := range listeners {
				_ = l.Close()
			}
		}
	}()
	if c.Socket != "" {
		l, err := speech.Listen(ctx, c.Socket)
		if err != nil {
			return listeners, err
		}
		listeners = append(listeners, l)
	}
	if c.Listen == "" {
		return listeners, nil
	}
	var security *tls.Config
	if c.TLSCert != "" {
		certificate, err := tls.LoadX509KeyPair(c.TLSCert, c.TLSKey)
		if err != nil {
			return listeners, hotline.Errorf("serve speech", hotline.CodeInvalid, "%w", err)
		}
		security = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return listeners, hotline.Errorf("serve speech", hotline.CodeUnavailable, "%w", err)
	}
	if security != nil {
		l = tls.NewListener(l, security)
	}
	return append(listeners, l), nil
}
