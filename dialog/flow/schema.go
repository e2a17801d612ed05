package flow

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"time"

	"github.com/hotline-cc/hotline/dialog/slot"
)

// Schema returns a JSON Schema (draft 2020-12) of the files of a set, for editors. It is made from
// the types and from the table of kinds. A file is a flow or a house; $defs has each by its name.
func Schema() []byte {
	defs := object{
		"id":       object{"type": "string", "pattern": "^[a-z0-9_]{1,40}$"},
		"text":     object{"type": []string{"string", "number", "boolean"}, "description": "a text, also without quotes"},
		"duration": object{"type": "string", "pattern": "^([0-9]+(\\.[0-9]+)?(ms|s|m|h))+$", "description": "6s, 1m30s"},
		"prompt":   promptSchema(),
		"skills":   skillsSchema(),
		"node":     nodeSchema(),
	}
	for _, k := range kindNames() {
		defs["node_"+k] = kindSchema(Kind(k))
	}
	defs["flow"] = structSchema(reflect.TypeFor[Flow](), nil)
	defs["house"] = houseSchema()
	data, err := json.MarshalIndent(object{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   "Hotline flow or house",
		"oneOf":   []any{ref("flow"), ref("house")},
		"$defs":   defs,
	}, "", "  ")
	if err != nil {
		panic(err) // maps of texts always encode
	}
	return append(data, '\n')
}

type object map[string]any

func ref(name string) object { return object{"$ref": "#/$defs/" + name} }

func enum[T ~string](values []T) object { return object{"type": "string", "enum": names(values)} }

// enums are the types of which only some values are good.
func enums() map[reflect.Type]object {
	return map[reflect.Type]object{
		reflect.TypeFor[Kind]():          {"type": "string", "enum": kindNames()},
		reflect.TypeFor[slot.Kind]():     enum(slotKinds),
		reflect.TypeFor[Risk]():          enum(risks),
		reflect.TypeFor[ConfirmHow]():    enum(confirms),
		reflect.TypeFor[OrderKind]():     enum(orders),
		reflect.TypeFor[time.Duration](): ref("duration"),
		reflect.TypeFor[Prompt]():        ref("prompt"),
		reflect.TypeFor[Node]():          ref("node"),
		reflect.TypeFor[Skills]():        ref("skills"),
	}
}

// typeSchema describes the values of a type.
func typeSchema(t reflect.Type) object {
	if known, found := enums()[t]; found {
		return known
	}
	switch t.Kind() {
	case reflect.Struct:
		return structSchema(t, nil)
	case reflect.Map:
		return object{"type": "object", "propertyNames": ref("id"), "additionalProperties": typeSchema(t.Elem())}
	case reflect.Slice:
		list := object{"type": "array", "items": typeSchema(t.Elem())}
		if t.Elem().Kind() == reflect.String {
			return object{"anyOf": []any{list, ref("text")}}
		}
		return list
	case reflect.Pointer:
		return typeSchema(t.Elem())
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int:
		return object{"type": "integer"}
	case reflect.Float64:
		return object{"type": "number"}
	}
	return ref("text")
}

// required are the fields that a mapping must have, by its type.
var required = map[reflect.Type][]string{
	reflect.TypeFor[Flow]():        {"id", "title", "start", "nodes"},
	reflect.TypeFor[House]():       {"start", "queue", "confirm", "safety", "phrases", "ladders"},
	reflect.TypeFor[Slot]():        {"kind", "title", "ask", "no_input", "no_match"},
	reflect.TypeFor[Field]():       {"slot"},
	reflect.TypeFor[Option]():      {"id", "title", "next"},
	reflect.TypeFor[Case]():        {"when", "next"},
	reflect.TypeFor[ConfirmRule](): {"risk", "below", "how"},
	reflect.TypeFor[Safety]():      {"say", "stay", "reason"},
	reflect.TypeFor[Expertise]():   {"category", "skills"},
}

// structSchema describes a mapping with the fields of a type that are wanted; nil wants all.
func structSchema(t reflect.Type, wanted map[string]need) object {
	properties := object{}
	for _, f := range fieldsOf(t) {
		if _, want := wanted[f.key]; wanted != nil && !want {
			continue
		}
		of := maps.Clone(typeSchema(f.typ))
		if title, found := titles[f.key]; found {
			of["title"] = title
		}
		properties[f.key] = of
	}
	schema := object{"type": "object", "properties": properties, "additionalProperties": false}
	if list := required[t]; len(list) > 0 {
		schema["required"] = list
	}
	return schema
}

func promptSchema() object {
	long := structSchema(reflect.TypeFor[Prompt](), nil)
	return object{
		"description": "a text, wordings that take turns, or both channels by name",
		"anyOf":       []any{ref("text"), object{"type": "array", "items": ref("text")}, long},
	}
}

func skillsSchema() object {
	name := object{"minLength": 1, "maxLength": maxSkillName}
	level := object{"type": "integer", "minimum": 1, "maximum": maxLevel}
	levels := object{"type": "object", "propertyNames": name, "additionalProperties": level, "maxProperties": maxSkills}
	return object{
		"description": "levels by name, or names alone, which is level 1",
		"anyOf":       []any{ref("text"), object{"type": "array", "items": ref("text"), "maxItems": maxSkills}, levels},
	}
}

func nodeSchema() object {
	var list []any
	for _, k := range kindNames() {
		list = append(list, ref("node_"+k))
	}
	return object{"type": "object", "required": []string{"kind"}, "oneOf": list}
}

func kindSchema(k Kind) object {
	fields := maps.Clone(kinds[k])
	maps.Copy(fields, common)
	schema := structSchema(reflect.TypeFor[Node](), fields)
	var list []string
	for key, need := range fields {
		if need == must {
			list = append(list, key)
		}
	}
	slices.Sort(list)
	schema["required"] = list
	properties := schema["properties"].(object)
	properties["kind"] = object{"const": string(k), "title": titles["kind"]}
	if options, has := properties["options"].(object); has {
		options["minItems"], options["maxItems"] = minOptions, maxOptions
	}
	if input, has := properties["input"].(object); has && k == File {
		input["propertyNames"] = object{"enum": inputs}
	}
	if priority, has := properties["priority"].(object); has {
		priority["minimum"], priority["maximum"] = 0, 9
	}
	return schema
}

func houseSchema() object {
	schema := structSchema(reflect.TypeFor[House](), nil)
	properties := schema["properties"].(object)
	var needed []string
	for _, p := range phrases {
		if !p.optional {
			needed = append(needed, p.name)
		}
	}
	keys := func(table string, allowed, must []string) {
		of := properties[table].(object)
		of["propertyNames"], of["required"] = object{"enum": allowed}, must
	}
	keys("phrases", phraseNames(), needed)
	keys("ladders", ladders, ladders)
	keys("safety", append(Emergencies(), SuicideOfOther), Emergencies())
	return schema
}
