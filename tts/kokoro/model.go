package kokoro

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/hotline-cc/hotline"
	ort "github.com/yalue/onnxruntime_go"
)

// loading guards the one onnxruntime of the process: its library can be loaded once only.
var loading sync.Mutex

// model is the network in an onnxruntime session. run is safe for concurrent use.
type model struct {
	session *ort.DynamicAdvancedSession
}

// openModel loads the network, with the signed activations that are wanted.
func openModel(library, path string, threads int, signed signing) (*model, error) {
	const op = "open kokoro"
	network, err := os.ReadFile(path)
	if err != nil {
		return nil, hotline.Errorf(op, missingOr(err), "%w; %s", err, fetchIt)
	}
	if network, err = signActivations(network, signed); err != nil {
		return nil, hotline.Errorf(op, hotline.CodeModelMissing, "%s: %w; %s", path, err, fetchIt)
	}
	if err := loadLibrary(library); err != nil {
		return nil, err
	}
	options, err := sessionOptions(threads)
	if err != nil {
		return nil, hotline.Errorf(op, hotline.CodeInternal, "set options: %w", err)
	}
	defer func() { _ = options.Destroy() }()
	session, err := ort.NewDynamicAdvancedSessionWithONNXData(network,
		[]string{"tokens", "style", "speed"}, []string{"audio"}, options)
	if err != nil {
		return nil, hotline.Errorf(op, hotline.CodeModelMissing, "load %s: %w; %s", path, err, fetchIt)
	}
	debug.FreeOSMemory() // the session has its own copy of the 90 MB
	return &model{session: session}, nil
}

func loadLibrary(path string) error {
	const op = "load onnxruntime"
	loading.Lock()
	defer loading.Unlock()
	if ort.IsInitialized() {
		return nil
	}
	if _, err := os.Stat(path); err != nil {
		return hotline.Errorf(op, missingOr(err), "%w; %s", err, fetchIt)
	}
	ort.SetSharedLibraryPath(path)
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		return hotline.Errorf(op, hotline.CodeInternal, "%s: %w", path, err)
	}
	return nil
}

// sessionOptions asks for everything that makes the graph fast. Worker threads sleep instead of
// spinning between operators: spinning ones take the processor from media and recognition.
func sessionOptions(threads int) (*ort.SessionOptions, error) {
	o, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		o.SetIntraOpNumThreads(threads),
		o.SetInterOpNumThreads(1),
		o.SetExecutionMode(ort.ExecutionModeSequential),
		o.SetGraphOptimizationLevel(ort.GraphOptimizationLevelEnableAll),
		o.SetCpuMemArena(true),
		o.SetMemPattern(false), // patterns are kept per input length: hundreds of MB for no gain
		o.AddSessionConfigEntry("session.intra_op.allow_spinning", "0"),
	)
	if err != nil {
		_ = o.Destroy()
		return nil, err
	}
	return o, nil
}

// run synthesises tokens (without the padding zeros) and returns PCM at tts.SampleRate, −1…1.
func (m *model) run(ctx context.Context, tokens []int64, style []float32, speed float32) ([]float32, error) {
	if len(tokens) > maxTokens {
		return nil, hotline.Errorf("run kokoro", hotline.CodeTooLarge, "%d tokens, the model takes %d", len(tokens), maxTokens)
	}
	padded := slices.Concat([]int64{0}, tokens, []int64{0})
	var owned []interface{ Destroy() error }
	defer func() {
		for _, v := range owned {
			_ = v.Destroy()
		}
	}()
	ids, err := ort.NewTensor(ort.NewShape(1, int64(len(padded))), padded)
	if err != nil {
		return nil, fmt.Errorf("make token tensor: %w", err)
	}
	owned = append(owned, ids)
	row, err := ort.NewTensor(ort.NewShape(1, styleSize), style)
	if err != nil {
		return nil, fmt.Errorf("make style tensor: %w", err)
	}
	owned = append(owned, row)
	pace, err := ort.NewTensor(ort.NewShape(1), []float32{speed})
	if err != nil {
		return nil, fmt.Errorf("make speed tensor: %w", err)
	}
	owned = append(owned, pace)
	outputs := []ort.Value{nil}
	if err := m.runUntil(ctx, []ort.Value{ids, row, pace}, outputs); err != nil {
		return nil, err
	}
	owned = append(owned, outputs[0])
	audio, ok := outputs[0].(*ort.Tensor[float32])
	if !ok {
		return nil, fmt.Errorf("run kokoro: the output is %T, not float32 sound", outputs[0])
	}
	return slices.Clone(audio.GetData()), nil
}

// runUntil runs the session and makes it stop at the next operator once ctx is done.
func (m *model) runUntil(ctx context.Context, inputs, outputs []ort.Value) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	options, err := ort.NewRunOptions()
	if err != nil {
		return fmt.Errorf("make run options: %w", err)
	}
	defer func() { _ = options.Destroy() }()
	stopped := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(stopped)
		_ = options.Terminate()
	})
	err = m.session.RunWithOptions(inputs, outputs, options)
	if !stop() {
		<-stopped
		if err != nil {
			return ctx.Err()
		}
	}
	if err != nil {
		return fmt.Errorf("run kokoro: %w", err)
	}
	return nil
}

func (m *model) close() error { return m.session.Destroy() }
