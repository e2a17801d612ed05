package main

import (
	"path/filepath"
	"strings"

	"github.com/hotline-cc/hotline/asr/whisper"
	"github.com/hotline-cc/hotline/models"
	"github.com/hotline-cc/hotline/speech"
	"github.com/hotline-cc/hotline/tts/kokoro"
	"github.com/hotline-cc/hotline/tts/zh"
)

// absent stands for the model of an engine that is not wanted.
const absent = "none"

// Ear chooses the recogniser that runs in this process.
type Ear struct {
	ASR     string `help:"Recognition model, by name or path; 'none' for no recognition." default:"whisper-base"`
	Workers int    `help:"Recognitions at once, 1…8; 0 means one for each core, at most 4."`
}

func (e *Ear) open(dir string, cores *speech.Cores, threads int) (*whisper.Engine, error) {
	store, err := models.Open(dir)
	if err != nil {
		return nil, err
	}
	path, err := store.Path(e.ASR)
	if err != nil {
		return nil, err
	}
	workers := e.Workers
	if workers == 0 {
		workers = min(threads, 4)
	}
	return whisper.Open(whisper.Config{Model: path, Workers: workers, Cores: cores.Recognition})
}

// Mouth chooses the synthesiser that runs in this process.
type Mouth struct {
	TTS    string `help:"Synthesis model, by name or path; 'none' for no synthesis." default:"kokoro"`
	Voices string `help:"Folder of the voices; else 'voices' in the folder of the models." type:"existingdir"`
}

// open loads the synthesiser for so many threads of the process. Without cores it runs alone.
func (m *Mouth) open(dir string, cores *speech.Cores, threads int) (*kokoro.Engine, error) {
	store, err := models.Open(dir)
	if err != nil {
		return nil, err
	}
	cfg := kokoro.Config{VoicesDir: m.Voices, Threads: speech.ClauseThreads(threads)}
	if cfg.Model, err = store.Path(m.TTS); err != nil {
		return nil, err
	}
	if cfg.VoicesDir == "" {
		cfg.VoicesDir = filepath.Join(store.Dir(), "voices")
	}
	if cores != nil {
		cfg.Gate = cores.Clause
	}
	if cfg.Text, err = zh.New(); err != nil {
		return nil, err
	}
	return kokoro.Open(cfg)
}

// modelName is what clients call a model that may have been chosen by path.
func modelName(model string) string {
	base := filepath.Base(model)
	return strings.TrimSuffix(base, filepath.Ext(base))
}
