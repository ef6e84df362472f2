"""What every store must do; inherit `StoreContract` and give it `store`, `reopened` and `planes` fixtures."""

import numpy as np
import pytest

from acquire.errors import StoreError


class StoreContract:
    """Tests of `acquire.store.Store`."""

    def test_a_new_store_has_nothing(self, store):
        assert not store.has("0001", "100x")
        assert store.sites() == []

    def test_what_is_written_is_read_back_to_the_bit(self, store, planes):
        store.write("0001", "100x", planes)
        stack = store.read("0001", "100x")
        assert np.array_equal(stack.pixels, np.stack([frame.pixels for frame in planes]))
        assert stack.z_um == tuple(frame.position.z for frame in planes)
        assert (stack.position, stack.exposure_ms) == (planes[0].position, planes[0].exposure_ms)
        assert (stack.white_level, stack.simulated) == (planes[0].white_level, planes[0].simulated)

    def test_another_process_finds_what_was_written(self, store, planes, reopened):
        store.write("0002", "40x", planes)
        store.write("0001", "100x", planes)
        again = reopened()
        assert again.has("0001", "100x")
        assert again.has("0002", "40x")
        assert again.sites() == ["0001", "0002"]

    def test_a_field_s_partner_is_known_to_another_process(self, store, planes, reopened):
        store.write("0001-2", "100x", planes, partner="0001")
        store.write("0002", "100x", planes)
        again = reopened()
        assert again.partner("0001-2", "100x") == "0001"
        assert again.partner("0002", "100x") == "0002"

    def test_a_stack_is_never_overwritten(self, store, planes):
        store.write("0001", "100x", planes)
        with pytest.raises(StoreError, match="never overwritten"):
            store.write("0001", "100x", planes)

    def test_a_stack_that_is_not_there_is_refused(self, store):
        with pytest.raises(StoreError, match="0007"):
            store.read("0007", "100x")
