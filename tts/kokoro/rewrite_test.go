package kokoro

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/encoding/protowire"
)

// graphOf encodes a model of nodes.
func graphOf(nodes ...[]byte) []byte {
	var g []byte
	for _, n := range nodes {
		g = bytesField(g, graphNode, n)
	}
	return bytesField(varintField(nil, 1, 9), modelGraph, g)
}

// nodeOf encodes a node with any outputs.
func nodeOf(op string, inputs, outputs []string) []byte {
	var n []byte
	for _, in := range inputs {
		n = stringField(n, nodeInput, in)
	}
	for _, out := range outputs {
		n = stringField(n, nodeOutput, out)
	}
	return stringField(n, nodeOpType, op)
}

var quantize = nodeOf("DynamicQuantizeLinear", []string{"x"}, []string{"q", "s", "z"})

func TestConvolutionsOfQuantisedActivationsBecomeSigned(t *testing.T) {
	got, err := signActivations(graphOf(
		quantize,
		nodeOf("ConvInteger", []string{"q", "w", "z", "wz"}, []string{"a"}),
		nodeOf("ConvInteger", []string{"q", "w", "z", "wz"}, []string{"b"}),
	), signAll)
	if err != nil {
		t.Fatal(err)
	}
	constant := stringField(varintField(varintField(nil, tensorType, typeInt32), tensorInt32Data, 128), tensorName, shift)
	want := graphOf(
		quantize,
		newNode("Cast", typeInt32, []string{"z"}, "z_wide"),
		newNode("Sub", 0, []string{"z_wide", shift}, "z_moved"),
		newNode("Cast", typeInt8, []string{"z_moved"}, "z_signed"),
		newNode("QuantizeLinear", 0, []string{"x", "s", "z_signed"}, "q_signed"),
		nodeOf("ConvInteger", []string{"q_signed", "w", "z_signed", "wz"}, []string{"a"}),
		nodeOf("ConvInteger", []string{"q_signed", "w", "z_signed", "wz"}, []string{"b"}),
	)
	want = bytesField(varintField(nil, 1, 9), modelGraph,
		bytesField(want[len(want)-graphLength(t, want):], graphInitializer, constant))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("model (-want +got):\n%s", diff)
	}
}

// graphLength returns the length of a model's graph.
func graphLength(t *testing.T, model []byte) (n int) {
	t.Helper()
	_, err := mapFields(model, func(_ protowire.Number, _, value []byte) ([]byte, error) {
		n = len(value)
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestOtherNodesStayAsTheyAre(t *testing.T) {
	for name, nodes := range map[string][][]byte{
		"matrix product":    {quantize, nodeOf("MatMulInteger", []string{"q", "w", "z", "wz"}, []string{"a"})},
		"fixed activations": {nodeOf("ConvInteger", []string{"q", "w", "z", "wz"}, []string{"a"})},
		"other zero point":  {quantize, nodeOf("ConvInteger", []string{"q", "w", "y", "wz"}, []string{"a"})},
		"no zero points":    {quantize, nodeOf("ConvInteger", []string{"q", "w"}, []string{"a"})},
		"no inputs":         {nodeOf("ConvInteger", nil, nil)},
	} {
		model := graphOf(nodes...)
		got, err := signActivations(model, signAll)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, model) {
			t.Errorf("%s: the model was changed", name)
		}
	}
}

func TestWideWeightsStayUnsignedWhereTheyWouldOverflow(t *testing.T) {
	for name, tc := range map[string]struct {
		weights []byte
		signed  bool
	}{
		"seven bits": {[]byte{0, 64, 127}, true},
		"eight bits": {[]byte{0, 64, 128}, false},
		"elsewhere":  {nil, false},
	} {
		model := graphOf(quantize, nodeOf("ConvInteger", []string{"q", "w", "z", "wz"}, []string{"a"}))
		model = bytesField(nil, modelGraph, bytesField(model[len(model)-graphLength(t, model):], graphInitializer,
			bytesField(stringField(nil, tensorName, "w"), tensorRawData, tc.weights)))
		got, err := signActivations(model, signNarrow)
		if err != nil {
			t.Fatal(err)
		}
		if changed := !bytes.Equal(got, model); changed != tc.signed {
			t.Errorf("%s: signed %v", name, changed)
		}
	}
}

func FuzzSignActivations(f *testing.F) {
	f.Add(graphOf(quantize, nodeOf("ConvInteger", []string{"q", "w", "z", "wz"}, []string{"a"})))
	f.Add([]byte{0x3a, 0x80})
	f.Fuzz(func(t *testing.T, model []byte) {
		out, err := signActivations(model, signAll)
		if err != nil {
			return
		}
		again, err := signActivations(out, signAll)
		if err != nil {
			t.Fatalf("the rewritten model cannot be read: %v", err)
		}
		if !bytes.Contains(model, []byte("_signed")) && !bytes.Equal(again, out) {
			t.Fatal("the rewritten model is rewritten again")
		}
	})
}
