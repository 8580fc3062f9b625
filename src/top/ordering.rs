//! How the user orders the rows.

use super::columns::Column;
use super::rows::{List, Order};
use super::view::View;

impl View {
    fn set_order(&mut self, list: List, order: Order) {
        let same = |one: &List| std::mem::discriminant(one) == std::mem::discriminant(&list);
        self.orders.retain(|(one, _)| !same(one));
        self.orders.push((list, order));
    }

    pub(super) fn sort(&mut self, by: isize) {
        let Some(list) = self.list() else {
            return;
        };
        // Only what is on the screen, in its order there.
        let shown: Vec<Column> = self.places.titles.1.iter().map(|(it, ..)| *it).collect();
        let all = list.columns().iter().map(|it| it.column);
        let columns: Vec<Column> = match shown.is_empty() {
            true => all.collect(),
            false => shown,
        };
        let now = self.order(&list).column;
        let at = columns.iter().position(|it| *it == now).unwrap_or(0);
        let next = (at as isize + by).rem_euclid(columns.len() as isize) as usize;
        if let Some(column) = columns.get(next) {
            self.sort_by(list, *column);
        }
    }

    pub(super) fn sort_by(&mut self, list: List, column: Column) {
        let order = Order {
            column,
            reversed: false,
        };
        self.set_order(list, order);
        self.rewind();
    }

    pub(super) fn reverse(&mut self) {
        if let Some(list) = self.list() {
            let order = self.order(&list);
            let reversed = !order.reversed;
            self.set_order(list, Order { reversed, ..order });
            self.rewind();
        }
    }
}
