"""File formats of road networks: one module for each, all found here."""

from braess.domains.road.formats._table import write_table
from braess.domains.road.formats.check import check_file
from braess.domains.road.formats.coordinates import NodeCoordinates
from braess.domains.road.formats.csv_demand import read_csv_demand, write_csv_demand
from braess.domains.road.formats.dndp import DesignInstance, read_design_instance
from braess.domains.road.formats.geojson import read_geojson_nodes, write_geojson
from braess.domains.road.formats.gmns import read_gmns
from braess.domains.road.formats.gmns_write import write_gmns
from braess.domains.road.formats.link_values import read_link_values
from braess.domains.road.formats.links_csv import write_links_csv
from braess.domains.road.formats.madadi2023 import as_published_madadi2023, read_lane_swap_pairs
from braess.domains.road.formats.matrices import read_matrix, require_matrix_file, write_matrices
from braess.domains.road.formats.omx import read_omx, write_omx
from braess.domains.road.formats.tntp_flow import LinkFlows, read_tntp_flows
from braess.domains.road.formats.tntp_net import read_tntp_net
from braess.domains.road.formats.tntp_node import read_tntp_nodes
from braess.domains.road.formats.tntp_trips import read_tntp_trips

__all__ = [
    "DesignInstance",
    "LinkFlows",
    "NodeCoordinates",
    "as_published_madadi2023",
    "check_file",
    "read_csv_demand",
    "read_design_instance",
    "read_geojson_nodes",
    "read_gmns",
    "read_lane_swap_pairs",
    "read_link_values",
    "read_matrix",
    "read_omx",
    "read_tntp_flows",
    "read_tntp_net",
    "read_tntp_nodes",
    "read_tntp_trips",
    "require_matrix_file",
    "write_csv_demand",
    "write_geojson",
    "write_gmns",
    "write_links_csv",
    "write_matrices",
    "write_omx",
    "write_table",
]
