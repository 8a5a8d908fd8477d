"""Python's own parser, expat, which reports events: a text arrives in parts."""

from xml.parsers import expat

from soap_reading import serve


class Element(list):
    """A list of its children."""

    def __init__(self, tag, attributes):
        super().__init__()
        self.tag, self.attributes, self.text = tag, attributes, ""

    def get(self, name, default=None):
        return self.attributes.get(name, default)


def clark(name):
    """Expat puts a separator between namespace and name."""
    namespace, separator, rest = name.rpartition("}")
    return f"{{{namespace}}}{rest}" if separator else name


def parse(data):
    parser = expat.ParserCreate(namespace_separator="}")
    top = Element("", {})
    opened = [top]

    def start(name, attributes):
        element = Element(clark(name), {clark(key): value for key, value in attributes.items()})
        opened[-1].append(element)
        opened.append(element)

    def characters(data):
        opened[-1].text += data

    def doctype(*_):
        raise ValueError("it has a DOCTYPE")

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: opened.pop()
    parser.CharacterDataHandler = characters
    parser.StartDoctypeDeclHandler = doctype
    parser.Parse(data, True)
    return top[0]


serve(parse)
