// Go's encoding/json: reads REST requests, each a whole HTTP request in base64, and answers by a line of JSON.
//
// Nothing of this project is used. It reads a body twice: as maps, and into a struct, where Go takes a member in any
// letter case for a field.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
)

var groups = map[string]bool{
	"account": true, "accountid": true, "accountname": true, "accountnames": true, "accountnumber": true,
	"aname": true, "devicegroupname": true, "gname": true, "groupname": true,
}
var devices = regexp.MustCompile(`^(?:devices?|device_?ids?(to)?|devicelist|devicesto.+|ids?|identifiers?|imeis?|iccids?|eids?|esns?|meids?|mdns?|msisdns?)$`)

type reading struct {
	Operation string   `json:"operation"`
	Tokens    []string `json:"tokens"`
	Devices   []string `json:"devices"`
	Groups    []string `json:"groups"`
	Kinds     []string `json:"kinds"`
	// The devices and the account as an app with typed requests reads them.
	Typed []string `json:"typed"`
}

type device struct {
	ID   string `json:"id"`
	Kind string `json:"kind"`
}
type typed struct {
	AccountName string `json:"accountName"`
	GroupName   string `json:"groupName"`
	Devices     []struct {
		DeviceIds []device `json:"deviceIds"`
	} `json:"devices"`
	DevicesToAdd []device `json:"devicesToAdd"`
}

func texts(value any) []string {
	switch one := value.(type) {
	case []any:
		found := []string{}
		for _, item := range one {
			found = append(found, texts(item)...)
		}
		return found
	case nil, map[string]any:
		return nil
	default:
		return []string{fmt.Sprint(one)}
	}
}

func (found *reading) visit(value any) {
	switch one := value.(type) {
	case []any:
		for _, item := range one {
			found.visit(item)
		}
	case map[string]any:
		for name, member := range one {
			folded := strings.ToLower(name)
			if devices.MatchString(folded) {
				kind := folded
				if folded == "id" {
					kind, _ = one["kind"].(string)
				}
				for _, text := range texts(member) {
					if text != "" {
						found.Devices = append(found.Devices, kind+" "+text)
					}
				}
			}
			if groups[folded] && member != nil {
				for _, text := range texts(member) {
					found.Groups = append(found.Groups, name+" "+text)
				}
			}
			found.visit(member)
		}
	}
}

func (found *reading) typedFrom(body []byte) {
	var request typed
	// A field of another type is an error for the app, and nothing for this comparison.
	_ = json.Unmarshal(body, &request)
	all := request.DevicesToAdd
	for _, one := range request.Devices {
		all = append(all, one.DeviceIds...)
	}
	for _, one := range all {
		if one.ID != "" {
			found.Typed = append(found.Typed, one.ID)
		}
	}
	for _, name := range []string{request.AccountName, request.GroupName} {
		if name != "" {
			found.Typed = append(found.Typed, name)
		}
	}
}

func read(data []byte) (*reading, error) {
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return nil, err
	}
	found := &reading{
		Operation: request.Method + " " + request.URL.Path,
		Tokens:    append([]string{}, request.Header.Values("VZ-M2M-Token")...),
		Devices:   []string{}, Groups: []string{}, Kinds: []string{}, Typed: []string{},
	}
	if len(body) == 0 {
		return found, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("it continues behind its document")
	}
	found.visit(value)
	found.typedFrom(body)
	return found, nil
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 64*1024*1024)
	for lines.Scan() {
		var answer any
		data, err := base64.StdEncoding.DecodeString(lines.Text())
		if err == nil {
			answer, err = read(data)
		}
		if err != nil {
			answer = map[string]string{"error": err.Error()}
		}
		text, _ := json.Marshal(answer)
		fmt.Println(string(text))
	}
}
