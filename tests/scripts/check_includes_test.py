#!/usr/bin/env python3
"""scripts/check_includes finds each violation that it is there for: planted, one at a time, in a small tree."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "scripts"))
sys.dont_write_bytecode = True
from source_tree import Floors  # noqa: E402

CLIMBS = "includes never climb to a higher floor"
NEIGHBOURS = "folders of one floor never include each other"


class CheckIncludes(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)
        os.mkdir(os.path.join(self.root, "scripts"))
        shutil.copy(os.path.join(ROOT, "scripts/floors"), os.path.join(self.root, "scripts"))
        folders = [folder for folder in Floors(ROOT).index if not folder.endswith("*")] + ["tests/laws"]
        for folder in folders:
            self.write(f"{folder}/room.h", "#pragma once\n")
        for tree in ("kernels", "host", "bench", "tests"):
            rooms = [f"stationary_rooms(library {folder.split('/')[1]} room)  # a list\n"
                     for folder in folders if folder.startswith(tree + "/")]
            self.write(f"{tree}/CMakeLists.txt", "".join(rooms) + ("add_library(bench room.h)\n" if tree == "bench" else ""))

    def write(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def check(self):
        result = subprocess.run([sys.executable, os.path.join(ROOT, "scripts/check_includes"), self.root],
                                capture_output=True, text=True, check=False)
        return result.returncode, result.stdout + result.stderr

    def expect(self, rule, *named):
        code, said = self.check()
        self.assertEqual(code, 1, said)
        for part in (rule, *named):
            self.assertIn(part, said)

    def plant(self, folder, line, rule):
        """A line in a header, after an innocent one: the file, the line's number and the rule must be named."""
        self.write(f"{folder}/room.h", f"#pragma once\n{line}\n")
        self.expect(rule, f"{folder}/room.h:2: ")

    def test_a_file_that_is_two_rooms(self):
        self.write("host/laws/room.h", "#pragma once\n" + "//\n" * 299)
        self.assertEqual(self.check(), (0, ""))
        self.write("host/laws/room.h", "#pragma once\n" + "//\n" * 300)
        self.expect("a file has at most 300 lines", "host/laws/room.h: 301")

    def test_a_folder_that_is_crowded(self):
        rooms = [f"room{k}" for k in range(25)]
        for room in rooms:
            self.write(f"kernels/noise/{room}.h", "#pragma once\n" + "//\n" * 80)
        self.write("kernels/CMakeLists.txt", "stationary_rooms(library noise room " + " ".join(rooms) + ")\n" + "".join(
            f"stationary_rooms(library {folder} room)\n" for folder in
            (f.split("/")[1] for f in Floors(ROOT).index if f.startswith("kernels/") and f != "kernels/noise")))
        self.expect("a folder has at most 25 files", "kernels/noise: 26")
        self.expect("a folder has at most 2000 lines", "kernels/noise: 2026")

    def test_a_tree_without_faults_passes(self):
        self.write("host/report/room.h", '#include <string>\n#include "host/laws/room.h"\n#include "kernels/interface/room.h"\n')
        self.assertEqual(self.check(), (0, ""))

    def test_an_include_that_climbs(self):
        self.plant("host/base", '#include "host/experiment/room.h"', CLIMBS)

    def test_one_that_climbs_within_kernels(self):
        self.plant("kernels/noise", '#  include "kernels/chain/room.h"', CLIMBS)

    def test_one_that_goes_to_the_same_floor(self):
        self.plant("host/comparison", '#include "host/journal/room.h"', NEIGHBOURS)

    def test_a_test_that_includes_another_folders(self):
        self.write("tests/model/other.h", "")
        self.plant("tests/laws", '#include "tests/model/other.h"', NEIGHBOURS)

    def test_an_estimate_that_knows_a_law(self):
        self.plant("host/estimate", '#include "host/laws/room.h"', "an estimate never knows a law")

    def test_a_schedule_that_knows_a_law(self):
        self.plant("host/schedule", '#include "host/laws/room.h"', "a schedule comes from the map of the moments")

    def test_a_law_that_knows_a_schedule(self):
        self.plant("host/laws", '#include "host/schedule/room.h"', "a law never knows when draws are taken")

    def test_a_run_that_knows_the_comparison(self):
        self.plant("host/run", '#include "host/comparison/room.h"', "a run never knows what its result is compared with")

    def test_a_report_that_knows_the_run(self):
        self.plant("host/report", '#include "host/run/room.h"', "a report never runs anything")

    def test_host_beyond_the_interface(self):
        self.plant("host/commands", '#include "kernels/chain/room.h"', "host includes kernels/interface alone")

    def test_kernels_that_know_host(self):
        self.plant("kernels/cuda", '#include <host/base/room.h>', "kernels never include host")

    def test_host_that_knows_cuda(self):
        self.plant("host/run", "#include <cuda_runtime.h>", "host never includes CUDA headers")

    def test_host_that_knows_a_test(self):
        self.plant("host/run", '#include "tests/support/room.h"', "host and kernels include neither tests nor bench")

    def test_an_include_from_beside(self):
        self.plant("host/run", '#include "room.h"', "project headers are included from the root")

    def test_an_include_of_nothing(self):
        self.plant("host/run", '#include "host/base/gone.h"', "what is included is there")

    def test_a_using_directive_in_a_header(self):
        self.plant("host/run", "using namespace std;", "no `using namespace` in headers")

    def test_a_folder_without_a_floor(self):
        self.write("host/attic/room.h", "")
        self.expect("every folder has a floor", "host/attic")

    def test_a_floor_without_its_folder(self):
        shutil.rmtree(os.path.join(self.root, "host/frozen"))
        self.expect("every folder of scripts/floors is there", "host/frozen")

    def test_a_folder_three_deep(self):
        self.write("host/run/deep/room.h", "")
        self.expect("folders are at most two deep", "host/run/deep")

    def test_a_source_on_no_list(self):
        self.write("host/run/list.cpp", "")
        self.expect("every source file is named in host/CMakeLists.txt", "host/run/list.cpp")

    def test_a_source_that_the_lists_of_its_folder_leave_out(self):
        self.write("tests/consumer/CMakeLists.txt", "add_executable(consumer main.cpp)\n")
        self.write("tests/consumer/main.cpp", "")
        self.assertEqual(self.check(), (0, ""))
        self.write("tests/consumer/more.cpp", "")
        self.expect("every source file is named in tests/consumer/CMakeLists.txt", "tests/consumer/more.cpp")


if __name__ == "__main__":
    unittest.main()
