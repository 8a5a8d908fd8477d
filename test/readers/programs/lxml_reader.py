"""lxml, on libxml2."""

from lxml import etree

from soap_reading import serve

parser = etree.XMLParser(resolve_entities=False, no_network=True)
serve(lambda data: etree.fromstring(data, parser))
